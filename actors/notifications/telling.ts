/** What is due as messages: of one channel, rule and direction each, with changes told together. */
import { createHash } from 'node:crypto'
import type { ChannelTelling } from '#actors/catalog/alert-channels.ts'
import type { AlertMessage } from './alert-message.ts'

/** At least one; all of the same channel, rule, direction and number of attempts. */
export type Bundle = readonly [ChannelTelling, ...ChannelTelling[]]

/** In the order of their first changes; what is new does not wait for what is tried again. */
export function bundle(tellings: readonly ChannelTelling[]): readonly Bundle[] {
  const bundles = new Map<string, [ChannelTelling, ...ChannelTelling[]]>()
  for (const telling of tellings) {
    const { target, attempts, entry } = telling
    const key = JSON.stringify([target, attempts, entry.ruleId, entry.to === 'firing'])
    const known = bundles.get(key)
    if (known === undefined) bundles.set(key, [telling])
    else known.push(telling)
  }
  return [...bundles.values()]
}

export function messageOf(
  told: Bundle,
  { lines, link, actions }: Pick<AlertMessage, 'lines' | 'link' | 'actions'>,
): AlertMessage {
  const [{ channel, projectName }] = told
  return {
    id: messageId(told),
    project: { id: channel.projectId, name: projectName },
    changes: told.map(({ entry }) => entry),
    lines,
    link,
    actions,
    isRepeatPossible: isRepeatPossible(told),
    isTest: false,
    isFault: false,
  }
}

/** An attempt of which no failure is known may have arrived. */
export function isRepeatPossible(told: Bundle): boolean {
  return told.some(({ attempts, failures }) => attempts > failures)
}

function messageId(told: Bundle): string {
  const text = told.map(({ target, entry }) => `${target}/${entry.id}`).join(' ')
  return `msg_${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`
}

const BACK_OFF_S = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400]

/** Seconds until the next attempt after this many; null = no more, after eight hours in all. */
export function backOff(attempts: number): number | null {
  return BACK_OFF_S[attempts - 1] ?? null
}
