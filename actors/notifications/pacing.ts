/**
 * What a channel is told now, and what later: which alerts come together, how long the first of
 * them waits for others, and how long nothing is said after it. The same for who tells people and
 * for who counts what they would have been told.
 */
import { createHash } from 'node:crypto'
import type { StoredChannel } from '#actors/catalog/alert-channels.ts'
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { ChannelTelling, Pace } from '#actors/catalog/channel-outbox.ts'
import { type ChannelPacing, EVERY_ALERT } from '#proto/channel-pacing.ts'
import { alertLabels } from './alert-labels.ts'

/** What pacing has to know of something that is to be told. */
export interface Paceable
  extends Pick<ChannelTelling, 'attempts' | 'reminder' | 'pacedUntilUs' | 'toldAtUs'> {
  readonly channel: Pick<StoredChannel, 'id' | 'pacing'>
  readonly entry: Pick<HistoryEntry, 'ruleId' | 'key' | 'to' | 'about'>
}

export interface Paced<Telling extends Paceable> {
  /** Whatever others do. */
  readonly due: readonly Telling[]
  readonly groups: readonly PacedGroup<Telling>[]
}

export interface PacedGroup<Telling extends Paceable> {
  readonly tellings: readonly Telling[]
  /** Told then, together with what comes until then; not later than now = now. */
  readonly untilUs: number
  /** As its pace is from now on: only whoever moves it there does so. null = it stays as it is. */
  readonly moved: Pace | null
}

const SECOND_US = 1_000_000

/** What the alerts of one message have in common, as a key of bounded length. */
export function paceGroup({ channel, entry }: Pick<Paceable, 'channel' | 'entry'>): string {
  const { groupBy } = channel.pacing
  const labels = alertLabels(entry.about)
  const common = groupBy.includes(EVERY_ALERT)
    ? [entry.ruleId, entry.key]
    : groupBy.map(name => labels.get(name) ?? '')
  return createHash('sha256').update(JSON.stringify(common)).digest('base64url')
}

/** Of a channel and a group. */
export function paceKey({ channelId, group }: Pick<Pace, 'channelId' | 'group'>): string {
  return `${channelId}/${group}`
}

/** Groups whose paces have to be known: the others are told as they come. */
export function pacedGroups(
  tellings: readonly Paceable[],
): readonly Pick<Pace, 'channelId' | 'group'>[] {
  const groups = tellings
    .filter(telling => isNews(telling) && isPacing(telling.channel.pacing))
    .map(telling => ({ channelId: telling.channel.id, group: paceGroup(telling) }))
  return [...new Map(groups.map(each => [paceKey(each), each])).values()]
}

export function pace<Telling extends Paceable>(
  tellings: readonly Telling[],
  known: ReadonlyMap<string, Pace>,
  nowUs: number,
): Paced<Telling> {
  const due: Telling[] = []
  const cooling: PacedGroup<Telling>[] = []
  const gathered = new Map<string, [Telling, ...Telling[]]>()
  for (const telling of tellings) {
    const untilUs = coolUntil(telling)
    if (untilUs > nowUs) cooling.push({ tellings: [telling], untilUs, moved: null })
    else if (!isNews(telling) || !isPacing(telling.channel.pacing)) due.push(telling)
    else {
      const key = paceKey({ channelId: telling.channel.id, group: paceGroup(telling) })
      const group = gathered.get(key)
      if (isLeftOver(telling, known.get(key))) due.push(telling)
      else if (group === undefined) gathered.set(key, [telling])
      else group.push(telling)
    }
  }
  const groups = [...gathered].map(([key, all]) => {
    const before = known.get(key) ?? newPace(all[0])
    return { tellings: all, ...paceOf(all, before, nowUs) }
  })
  return { due, groups: [...cooling, ...groups] }
}

/** It was due with the last message of its group, which has been told without it. */
function isLeftOver({ pacedUntilUs }: Paceable, pace: Pace | undefined): boolean {
  const toldAtUs = pace?.toldAtUs ?? null
  return pacedUntilUs !== null && toldAtUs !== null && pacedUntilUs <= toldAtUs
}

function paceOf(
  tellings: readonly [Paceable, ...Paceable[]],
  before: Pace,
  nowUs: number,
): Pick<PacedGroup<Paceable>, 'untilUs' | 'moved'> {
  const [{ channel }] = tellings
  const wasHeld = tellings.some(({ pacedUntilUs }) => pacedUntilUs !== null)
  const untilUs = dueOf(before, channel.pacing, { nowUs, wasHeld })
  if (untilUs <= nowUs) return { untilUs, moved: { ...before, toldAtUs: nowUs, dueAtUs: null } }
  return { untilUs, moved: untilUs === before.dueAtUs ? null : { ...before, dueAtUs: untilUs } }
}

/** When what there is of a group is told: together with what gathers, or as the first of it. */
function dueOf(
  { toldAtUs, dueAtUs }: Pace,
  { waitS, intervalS }: ChannelPacing,
  { nowUs, wasHeld }: { readonly nowUs: number; readonly wasHeld: boolean },
): number {
  // What gathered may be over again untold: what comes after its time waits for others anew.
  if (dueAtUs !== null && (dueAtUs > nowUs || wasHeld)) return dueAtUs
  const quietUs = toldAtUs === null ? 0 : toldAtUs + intervalS * SECOND_US
  return Math.max(nowUs + waitS * SECOND_US, quietUs)
}

/** Until when it is not told that an alert fires anew; 0 = it is. */
function coolUntil(telling: Paceable): number {
  const { toldAtUs, entry, channel } = telling
  const isAnew = isNews(telling) && entry.to === 'firing' && telling.reminder === 0
  return isAnew && toldAtUs !== null ? toldAtUs + channel.pacing.cooldownS * SECOND_US : 0
}

/** What was tried before has had its wait. */
function isNews({ attempts }: Paceable): boolean {
  return attempts === 0
}

function isPacing({ waitS, intervalS }: ChannelPacing): boolean {
  return waitS > 0 || intervalS > 0
}

function newPace(telling: Paceable): Pace {
  const group = paceGroup(telling)
  return { channelId: telling.channel.id, group, toldAtUs: null, dueAtUs: null, version: 0 }
}
