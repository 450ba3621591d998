/**
 * Links of messages: to look at one changes nothing, since mail scanners look at all of them; its
 * button acknowledges, or silences.
 */
import { z } from 'zod/v4'
import type { AlertStates, HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { Silences } from '#actors/catalog/silences.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import type { AlertLink, AlertLinks } from '#actors/notifications/alert-links.ts'
import { rulesOf, toldChanges } from '#actors/notifications/alert-message.ts'
import { matchersFault } from '#actors/notifications/silencing.ts'
import type { SilenceMatcher } from '#proto/silence.ts'
import type { Clock, Random } from '#runtime/index.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import { type LinkButton, linkPage } from './alert-link-page.ts'
import { type EndpointDeps, endpoint } from './endpoint.ts'

export interface AlertLinkDeps extends EndpointDeps {
  readonly alertLinks: Pick<AlertLinks, 'open'>
  readonly alertStates: Pick<AlertStates, 'active' | 'since' | 'acknowledge'>
  readonly silences: Pick<Silences, 'create'>
  readonly alertsChanged: () => void
  readonly clock: Clock
  readonly random: Random
}

const HOURS = [1, 4, 24] as const
const HOUR_US = 3_600_000_000
const path = '/api/v1/alerts/links/:link'
const parts = { link: 'as the message has it' }
const page = (description: string) => ({ description, mediaType: 'text/html', schema: null })
const answers = {
  200: page('A page.'),
  404: page('No such link, or it has expired.'),
  409: page('It cannot be done.'),
}
const NOT_FOUND = linkPage(404, {
  title: 'This link is not good',
  lines: ['It has expired, or it is not whole.'],
  buttons: [],
})

/** A link that is good, and what it is about. */
interface OpenedLink extends AlertLink {
  readonly entries: readonly HistoryEntry[]
}

export function alertLinkRoutes(deps: AlertLinkDeps): Route[] {
  const shared = { tag: 'alerts', who: 'anyone', path, parts, answers } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      summary: 'What a link of a message would do, as a page with a button.',
      async handle({ part }) {
        const link = await open(part('link'), deps)
        return link === null ? NOT_FOUND : confirmation(link)
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      summary: 'Does what a link of a message is for: acknowledges, or silences for some hours.',
      query: z.strictObject({
        hours: z.coerce.number().int().min(1).max(24).default(1).describe('of a silence'),
      }),
      async handle({ part, query: { hours }, request }) {
        const link = await open(part('link'), deps)
        if (link === null) return NOT_FOUND
        const isAcknowledge = link.purpose === 'acknowledge'
        return isAcknowledge
          ? acknowledge(link, request, deps)
          : silence(link, hours, { deps, request })
      },
    }),
  ]
}

async function open(
  token: string,
  { alertLinks, alertStates, clock }: AlertLinkDeps,
): Promise<OpenedLink | null> {
  const link = alertLinks.open(token)
  if (link === null || link.expiresAtUs <= clock.nowUs()) return null
  const found = await Promise.all(
    link.changes.map(id => alertStates.since([link.projectId], id - 1, 1)),
  )
  const entries = found.flat().filter(({ id }) => link.changes.includes(id))
  return entries.length === 0 ? null : { ...link, entries }
}

function confirmation({ purpose, entries }: OpenedLink): HttpAnswer {
  const rules = rulesOf({ changes: entries }).join(', ')
  const isAcknowledge = purpose === 'acknowledge'
  const buttons: LinkButton[] = isAcknowledge
    ? [{ label: 'Acknowledge', query: '' }]
    : HOURS.map(hours => ({ label: `Silence for ${hours} h`, query: `hours=${hours}` }))
  return linkPage(200, {
    title: `${isAcknowledge ? 'Acknowledge' : 'Silence'}: ${rules}`,
    lines: toldChanges({ changes: entries }),
    buttons,
  })
}

/** The very firings that were told; what began anew since was told anew. */
async function acknowledge(
  link: OpenedLink,
  request: HttpRequest,
  deps: AlertLinkDeps,
): Promise<HttpAnswer> {
  const { alertStates, clock } = deps
  const how = { by: actorOf(link), note: null, atUs: clock.nowUs() }
  const active = await alertStates.active(link.projectId)
  let count = 0
  for (const { ruleId, key, windowEndUs } of link.entries) {
    const state = active.find(each => each.ruleId === ruleId && each.key === key)
    if (state?.status !== 'firing' || state.windowEndUs !== windowEndUs) continue
    if (await alertStates.acknowledge(link.projectId, state.id, how)) count++
  }
  if (count === 0) {
    return linkPage(409, { title: 'It is over already', lines: [], buttons: [] })
  }
  await done(link, request, deps)
  return linkPage(200, { title: 'Acknowledged', lines: [], buttons: [] })
}

async function silence(
  link: OpenedLink,
  hours: number,
  { deps, request }: { readonly deps: AlertLinkDeps; readonly request: HttpRequest },
): Promise<HttpAnswer> {
  const nowUs = deps.clock.nowUs()
  const matchers = matchersOf(link.entries)
  if (matchersFault(matchers) !== null) {
    const lines = ['Its rules have names too long for one silence: make it on the page.']
    return linkPage(409, { title: 'It cannot be silenced', lines, buttons: [] })
  }
  const outcome = await deps.silences.create({
    id: sortableId(nowUs, deps.random.bytes(6)),
    projectId: link.projectId,
    matchers,
    startsAtUs: nowUs,
    endsAtUs: nowUs + hours * HOUR_US,
    comment: 'by a link of a message',
    createdBy: actorOf(link),
    createdAtUs: nowUs,
    version: 1,
  })
  if (outcome !== 'done') {
    const lines = ['The project has as many silences as it may, or is gone.']
    return linkPage(409, { title: 'It cannot be silenced', lines, buttons: [] })
  }
  await done(link, request, deps)
  return linkPage(200, { title: `Silenced for ${hours} h`, lines: [], buttons: [] })
}

/** One group as it is; of several, all of their rules. */
function matchersOf(entries: readonly HistoryEntry[]): SilenceMatcher[] {
  const [{ about }, ...others] = entries as readonly [HistoryEntry, ...HistoryEntry[]]
  const rules = rulesOf({ changes: entries })
  if (rules.length > 1) {
    return [{ label: 'alertname', op: '=~', value: rules.map(literal).join('|') }]
  }
  const group = others.length === 0 ? Object.entries(about.group) : []
  return [
    { label: 'alertname', op: '=', value: about.rule },
    ...group.map(([label, value]) => ({ label, op: '=' as const, value: value ?? '' })),
  ]
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, found => `\\${found}`)
}

async function done(
  link: OpenedLink,
  { peer }: HttpRequest,
  { audit, alertsChanged }: AlertLinkDeps,
): Promise<void> {
  alertsChanged()
  const { purpose, projectId, changes } = link
  const action = purpose === 'acknowledge' ? 'alert.acknowledge' : 'silence.create'
  const detail = { changes: [...changes] }
  await audit.changed({ actor: actorOf(link), actorName: '', peer, action, projectId, detail })
}

/** Who it was is not known, only to whom it was told. */
function actorOf({ channelId }: AlertLink): string {
  return `link of channel ${channelId}`
}
