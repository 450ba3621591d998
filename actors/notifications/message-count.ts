/**
 * How many messages a channel would have got of changes that were: the pacing that runs live, with
 * an outbox in memory in place of the catalog's. `paced-outbox.test.ts` compares both.
 */
import type { AlertAbout, StoredStatus } from '#actors/catalog/alert-states.ts'
import type { Pace } from '#actors/catalog/channel-outbox.ts'
import type { ChannelPacing } from '#proto/channel-pacing.ts'
import { type Paceable, pace, paceKey } from './pacing.ts'
import { messageKey } from './telling.ts'

/** A group of a rule begins to fire, or ends. */
export interface CountedChange {
  readonly ruleId: string
  readonly key: string
  readonly from: StoredStatus
  readonly to: StoredStatus
  readonly atUs: number
  readonly about: AlertAbout
}

/** Nobody reads more; reminders of a month could go on for long. */
export const MESSAGES_COUNTED_MAX = 100_000

interface Waiting extends Paceable {
  readonly dueUs: number
}

interface Wake {
  readonly atUs: number
  readonly alert: string
}

/** Until a time, as if nobody acknowledged anything; at most MESSAGES_COUNTED_MAX. */
export function countMessages(
  changes: readonly CountedChange[],
  pacing: ChannelPacing,
  untilUs: number,
): number {
  const rehearsal = new Rehearsal(pacing)
  const told = changes
    .filter(({ from, to, atUs }) => (from === 'firing' || to === 'firing') && atUs <= untilUs)
    .toSorted((a, b) => a.atUs - b.atUs)
  let next = 0
  while (rehearsal.messages < MESSAGES_COUNTED_MAX) {
    const atUs = Math.min(told[next]?.atUs ?? Infinity, rehearsal.nextUs())
    if (atUs > untilUs || atUs === Infinity) break
    const first = next
    while (told[next]?.atUs === atUs) next++
    rehearsal.step(atUs, told.slice(first, next))
  }
  return Math.min(rehearsal.messages, MESSAGES_COUNTED_MAX)
}

class Rehearsal {
  readonly #channel: Paceable['channel']
  /** What is to be told of each alert, in order. */
  readonly #waiting = new Map<string, Waiting[]>()
  /** Of each that was told to fire or to have ended: what was told last, and when. */
  readonly #told = new Map<string, Waiting>()
  readonly #firing = new Map<string, CountedChange>()
  readonly #paces = new Map<string, Pace>()
  /** In order of time. */
  readonly #wakes: Wake[] = []
  messages = 0

  constructor(pacing: ChannelPacing) {
    this.#channel = { id: '', pacing }
  }

  nextUs(): number {
    return this.#wakes[0]?.atUs ?? Infinity
  }

  step(nowUs: number, changes: readonly CountedChange[]): void {
    const alerts = new Set(changes.map(alertOf))
    while (this.nextUs() <= nowUs) alerts.add(this.#wakes.shift()?.alert ?? '')
    for (const change of changes) this.#post(change)
    let left: readonly string[] = [...alerts]
    while (left.length > 0) {
      for (const alert of left) this.#forget(alert)
      for (const alert of left) this.#remind(alert, nowUs)
      left = this.#tell(left, nowUs)
    }
  }

  #post(change: CountedChange): void {
    const alert = alertOf(change)
    if (change.to === 'firing') this.#firing.set(alert, change)
    else this.#firing.delete(alert)
    this.#put(alert, this.#waitingOf(change, 0))
  }

  #remind(alert: string, nowUs: number): void {
    const { repeatS } = this.#channel.pacing
    const told = this.#told.get(alert)
    const firing = this.#firing.get(alert)
    if (repeatS === 0 || told?.entry.to !== 'firing' || firing === undefined) return
    const isDue = told.dueUs + repeatS * 1_000_000 <= nowUs
    if (!isDue || (this.#waiting.get(alert)?.length ?? 0) > 0) return
    this.#put(alert, { ...this.#waitingOf(firing, told.reminder + 1), dueUs: nowUs })
  }

  /** Answers the alerts of which something was told. */
  #tell(alerts: readonly string[], nowUs: number): readonly string[] {
    const ready = alerts.flatMap(alert => this.#head(alert, nowUs) ?? [])
    const { due, groups } = pace(ready, this.#paces, nowUs)
    const told = [...due]
    for (const { tellings, untilUs, moved } of groups) {
      if (moved !== null) this.#paces.set(paceKey(moved), moved)
      if (untilUs <= nowUs) told.push(...tellings)
      else for (const telling of tellings) this.#hold(telling, untilUs)
    }
    this.messages += new Set(told.map(messageKey)).size
    return told.map(telling => this.#settle(telling, nowUs))
  }

  /** What was held back and is over again; reminders of what fires no longer. */
  #forget(alert: string): void {
    const waiting = this.#waiting.get(alert) ?? []
    while (waiting[0] !== undefined) {
      const { pacedUntilUs, reminder } = waiting[0]
      if (reminder > 0 && !this.#firing.has(alert)) waiting.shift()
      else if (reminder === 0 && pacedUntilUs !== null && waiting.length > 1) waiting.splice(0, 2)
      else break
    }
  }

  /** What is first of an alert. */
  #head(alert: string, nowUs: number): Waiting | null {
    const head = this.#waiting.get(alert)?.[0]
    const toldAtUs = this.#told.get(alert)?.dueUs ?? null
    return head !== undefined && head.dueUs <= nowUs ? { ...head, toldAtUs } : null
  }

  #hold(telling: Waiting, dueUs: number): void {
    const alert = alertOf(telling.entry)
    this.#waiting.get(alert)?.splice(0, 1, { ...telling, pacedUntilUs: dueUs, dueUs })
    this.#wake({ atUs: dueUs, alert })
  }

  #settle(telling: Waiting, nowUs: number): string {
    const alert = alertOf(telling.entry)
    const { repeatS } = this.#channel.pacing
    this.#waiting.get(alert)?.shift()
    this.#told.set(alert, { ...telling, dueUs: nowUs })
    if (repeatS > 0) this.#wake({ atUs: nowUs + repeatS * 1_000_000, alert })
    return alert
  }

  #put(alert: string, waiting: Waiting): void {
    const known = this.#waiting.get(alert)
    if (known === undefined) this.#waiting.set(alert, [waiting])
    else known.push(waiting)
  }

  #waitingOf(entry: CountedChange, reminder: number): Waiting {
    const { atUs: dueUs } = entry
    const channel = this.#channel
    return { channel, entry, reminder, attempts: 0, pacedUntilUs: null, toldAtUs: null, dueUs }
  }

  /** Behind all of the same time. */
  #wake(wake: Wake): void {
    let [low, high] = [0, this.#wakes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#wakes[middle]?.atUs ?? 0) <= wake.atUs) low = middle + 1
      else high = middle
    }
    this.#wakes.splice(low, 0, wake)
  }
}

function alertOf({ ruleId, key }: Pick<CountedChange, 'ruleId' | 'key'>): string {
  return `${ruleId} ${key}`
}
