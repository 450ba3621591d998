/** What is due as messages: changes of one channel, group and direction are told together. */
import { createHash } from 'node:crypto'
import type { ChannelTelling } from '#actors/catalog/channel-outbox.ts'
import type { AlertMessage } from './alert-message.ts'
import { type Paceable, paceGroup } from './pacing.ts'

/** At least one; all of the same channel, group, direction and number of attempts. */
export type Bundle = readonly [ChannelTelling, ...ChannelTelling[]]

/** Changes of one message: what reads it has bounds of its own. */
const CHANGES_MAX = 500
/** Its interface takes an event at a time, and has to be done before somebody else tries. */
const PAGERDUTY_CHANGES_MAX = 50

/** In the order of their first changes; what is new does not wait for what is tried again. */
export function bundle(tellings: readonly ChannelTelling[]): readonly Bundle[] {
  const bundles: [ChannelTelling, ...ChannelTelling[]][] = []
  const open = new Map<string, [ChannelTelling, ...ChannelTelling[]]>()
  for (const telling of tellings) {
    const key = messageKey(telling)
    const max = telling.channel.kind === 'pagerduty' ? PAGERDUTY_CHANGES_MAX : CHANGES_MAX
    const known = open.get(key)
    if (known !== undefined && known.length < max) {
      known.push(telling)
      continue
    }
    const fresh: [ChannelTelling] = [telling]
    open.set(key, fresh)
    bundles.push(fresh)
  }
  return bundles
}

/** What is told together, if it is told at one time. */
export function messageKey(telling: Paceable): string {
  const { channel, attempts, reminder, entry } = telling
  const news = reminder > 0 ? 'reminder' : entry.to === 'firing' ? 'begin' : 'end'
  return `${channel.id} ${attempts} ${news} ${paceGroup(telling)}`
}

export function messageOf(
  told: Bundle,
  { lines, findings, link, actions }: Pick<AlertMessage, 'lines' | 'findings' | 'link' | 'actions'>,
): AlertMessage {
  const [{ channel, projectName }] = told
  return {
    id: messageId(told),
    project: { id: channel.projectId, name: projectName },
    changes: told.map(({ entry }) => entry),
    lines,
    findings,
    link,
    actions,
    isRepeatPossible: isRepeatPossible(told),
    isReminder: isReminder(told),
    template: channel.template,
    isTest: false,
    isFault: false,
  }
}

/** An attempt of which no failure is known may have arrived. */
export function isRepeatPossible(told: Bundle): boolean {
  return told.some(({ attempts, failures }) => attempts > failures)
}

/** It is no news: it tells that something still fires. */
export function isReminder([{ reminder }]: Bundle): boolean {
  return reminder > 0
}

/** Every reminder is a message of its own. */
function messageId(told: Bundle): string {
  const text = told
    .map(({ target, entry, reminder }) => {
      const change = `${target}/${entry.id}`
      return reminder === 0 ? change : `${change}#${reminder}`
    })
    .join(' ')
  return `msg_${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`
}

const BACK_OFF_S = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400]

/** Seconds until the next attempt after this many; null = no more, after eight hours in all. */
export function backOff(attempts: number): number | null {
  return BACK_OFF_S[attempts - 1] ?? null
}
