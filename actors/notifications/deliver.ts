/** A message on its way out of one channel, and what came of it. */
import type { Mailer } from '#actors/mail/mailer.ts'
import type { ChannelSettings, DeliveryOutcome } from '#proto/alert-channel.ts'
import { alertMail } from './alert-mail.ts'
import type { AlertMessage } from './alert-message.ts'
import { type OutgoingPost, type PostOutcome, post } from './outgoing-post.ts'
import { alertmanagerPost } from './shapes/alertmanager.ts'
import { pagerDutyPosts } from './shapes/pagerduty.ts'
import { slackPost } from './shapes/slack.ts'
import { teamsPost } from './shapes/teams.ts'
import { webhookPost } from './shapes/webhook.ts'

export interface Delivered {
  readonly outcome: DeliveryOutcome
  readonly status: number | null
  readonly answer: string
}

export interface DeliverTools {
  readonly mailer: Mailer
  /** The installation lets people reach addresses that are not public. */
  readonly allowPrivate: boolean
  readonly nowUs: number
  readonly signal: AbortSignal
}

/** Of one request; a receiver that takes longer should take note and answer. */
const POST_MS_MAX = 10_000
/** Standard Webhooks: the receiver wants no more. */
const GONE = 410

export async function deliver(
  message: AlertMessage,
  settings: ChannelSettings,
  tools: DeliverTools,
): Promise<Delivered> {
  if (settings.kind === 'email') return mail(message, settings.to, tools)
  const { allowPrivate, signal } = tools
  let last: Delivered = { outcome: 'delivered', status: null, answer: '' }
  for (const each of postsOf(message, settings, tools.nowUs)) {
    last = judge(await post(each, { allowPrivate, signal, timeoutMs: POST_MS_MAX }))
    // What was told of it already is told again with the rest: the other side knows it by its key.
    if (last.outcome !== 'delivered') return last
  }
  return last
}

/** The requests that tell a message. */
export function postsOf(
  message: AlertMessage,
  settings: Exclude<ChannelSettings, { readonly kind: 'email' }>,
  nowUs: number,
): readonly OutgoingPost[] {
  switch (settings.kind) {
    case 'webhook':
      return [webhookPost(message, settings, nowUs)]
    case 'slack':
      return [slackPost(message, settings.url)]
    case 'teams':
      return [teamsPost(message, settings.url)]
    case 'pagerduty':
      return pagerDutyPosts(message, settings)
    case 'alertmanager':
      return [alertmanagerPost(message, settings.url, nowUs)]
  }
}

function judge(outcome: PostOutcome): Delivered {
  switch (outcome.type) {
    case 'answered': {
      const { status, answer } = outcome
      if (status >= 200 && status < 300) return { outcome: 'delivered', status, answer }
      if (status === GONE) return { outcome: 'given_up', status, answer }
      const isRedirect = status >= 300 && status < 400
      const told = isRedirect ? 'redirects are not followed' : answer
      return { outcome: 'failed', status, answer: told }
    }
    case 'silent':
      return { outcome: 'unknown', status: null, answer: outcome.reason }
    case 'refused':
    case 'unreachable':
      return { outcome: 'failed', status: null, answer: outcome.reason }
  }
}

/** One mail for each person: an address that is wrong keeps it from nobody else. */
async function mail(
  message: AlertMessage,
  recipients: readonly string[],
  { mailer }: DeliverTools,
): Promise<Delivered> {
  const mailed = alertMail(message)
  const failures: string[] = []
  for (const to of recipients) {
    await mailer.send({ to, ...mailed }).catch((error: Error) => {
      failures.push(`${to}: ${error.message}`)
    })
  }
  if (failures.length === recipients.length) {
    return { outcome: 'failed', status: null, answer: failures.join('; ') }
  }
  return { outcome: 'delivered', status: null, answer: failures.join('; ') }
}
