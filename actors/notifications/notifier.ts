/**
 * The actor that tells people: takes what is due from the outbox, sends it through its channel, and
 * writes down what came of it. A process that dies in between leaves it due to another one.
 */
import { type ChannelOutbox, type ChannelTelling, PACED } from '#actors/catalog/channel-outbox.ts'
import type { Silences } from '#actors/catalog/silences.ts'
import type { Coordination } from '#actors/coordination/coordination.ts'
import { type LookHint, SharedLook } from '#actors/coordination/shared-look.ts'
import { type Actor, type Context, defineActor, type Random, toError } from '#runtime/index.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import type { AlertLinks } from './alert-links.ts'
import type { AlertMessage } from './alert-message.ts'
import type { SealedSettings } from './channel-settings.ts'
import { type Delivered, type DeliverTools, deliver } from './deliver.ts'
import type { AlertEvidence } from './evidence.ts'
import { pace, pacedGroups, paceKey } from './pacing.ts'
import { sift } from './silencing.ts'
import { type Bundle, backOff, bundle, isReminder, isRepeatPossible, messageOf } from './telling.ts'

export type NotifierMessage =
  /** There may be something, whatever others do. */
  | { readonly type: 'look' }
  /** The same, for one of all senders. */
  | { readonly type: 'hinted'; readonly hint: LookHint }
  | { readonly type: 'time' }
  | { readonly type: 'taken'; readonly bundles: readonly Bundle[] }
  | { readonly type: 'sent' }
  | { readonly type: 'failed'; readonly of: 'look' | 'send'; readonly error: Error }

export interface NotifierDeps extends Pick<DeliverTools, 'mailer' | 'allowPrivate'> {
  readonly outbox: ChannelOutbox
  readonly silences: Pick<Silences, 'active'>
  readonly coordination: Pick<Coordination, 'claim'>
  readonly settings: SealedSettings
  readonly random: Random
  /** What the logs of a firing tell; nothing where they cannot be had. */
  readonly evidence: (told: AlertMessage['changes']) => Promise<AlertEvidence>
  readonly links: Pick<AlertLinks, 'of'>
  /** Explore at the window of a change. */
  readonly link: (told: AlertMessage['changes']) => string
  readonly onFault: (error: Error, where: string) => void
}

/** Messages on their way: a receiver that does not answer holds up nobody else. */
const SENDS_MAX = 64
/** Changes of one look: what belongs together should be seen together. */
const TAKEN_MAX = 500
/** Of one message, its logs looked up. */
const SEND_MS_MAX = 15_000
/** Another sender waits so long for one that took something and died. */
const TAKEN_MS = 20_000
/** Hints may be lost, and back-off and silences end. */
const LOOK_MS = 1_000
/** One of all senders looks so often. */
const SHARED_LOOK_MS = 900
const RETRY_MS = 1_000

export const notifier = defineActor<NotifierMessage, NotifierDeps>({
  name: 'notifier',
  mailbox: { capacity: 16, whenFull: 'reject' },
  create: (context, deps) => new Notifier(context, deps),
})

class Notifier implements Actor<NotifierMessage> {
  readonly #context: Context<NotifierMessage>
  readonly #deps: NotifierDeps
  readonly #ending = new AbortController()
  readonly #sharedLook: SharedLook
  #isLooking = false
  #isAskedAgain = false
  #sending = 0
  #delivered = 0
  #failed = 0

  constructor(context: Context<NotifierMessage>, deps: NotifierDeps) {
    this.#context = context
    this.#deps = deps
    this.#sharedLook = new SharedLook(deps.coordination, 'notifier', SHARED_LOOK_MS)
  }

  started(): void {
    this.#look(null)
  }

  receive(message: NotifierMessage): void {
    switch (message.type) {
      case 'look':
        return this.#look(null)
      case 'hinted':
        return this.#look(() => this.#sharedLook.isMine(message.hint))
      case 'time':
        return this.#look(() => this.#sharedLook.isMine(null))
      case 'taken':
        return this.#taken(message.bundles)
      case 'sent':
        return this.#sent()
      case 'failed':
        this.#deps.onFault(message.error, 'notifier')
        if (message.of === 'send') return this.#sent()
        this.#isLooking = false
        this.#context.timer('look', RETRY_MS, { type: 'look' })
        return
    }
  }

  stopping(): void {
    this.#ending.abort()
  }

  observe(): Record<string, unknown> {
    return { sending: this.#sending, delivered: this.#delivered, failed: this.#failed }
  }

  /** `isMine`: whether others leave it to this one; null = nobody asks. */
  #look(isMine: (() => Promise<boolean>) | null): void {
    this.#isAskedAgain = this.#isLooking || this.#sending >= SENDS_MAX
    if (this.#isAskedAgain) return
    this.#isLooking = true
    const nowUs = this.#context.clock.nowUs()
    this.#context.pipe(
      this.#take(nowUs, isMine),
      bundles => ({ type: 'taken', bundles }),
      error => ({ type: 'failed', of: 'look', error }),
    )
  }

  /** What is due, nobody has silenced, and whose channel is not to wait. */
  async #take(nowUs: number, isMine: (() => Promise<boolean>) | null): Promise<readonly Bundle[]> {
    const { outbox, silences } = this.#deps
    if (isMine !== null && !(await isMine())) return []
    const asked = { nowUs, againAtUs: nowUs + TAKEN_MS * 1_000, limit: TAKEN_MAX }
    const tellings = await outbox.take(asked)
    if (tellings.length === 0) return []
    const projectIds = [...new Set(tellings.map(({ entry }) => entry.projectId))]
    const { due, held } = sift(tellings, await silences.active(projectIds, nowUs))
    for (const [{ id, version }, its] of held) {
      await outbox.hold(its, { by: `${id}@${version}`, untilUs: 0 })
    }
    return this.#fitting(await this.#inPace(due, nowUs))
  }

  /** Of a group tells whoever moves its pace on; what others were first with is seen anew. */
  async #inPace(tellings: readonly ChannelTelling[], nowUs: number) {
    const { outbox, random } = this.#deps
    const asked = pacedGroups(tellings)
    const known = asked.length === 0 ? [] : await outbox.paces(asked)
    const { due, groups } = pace(tellings, new Map(known.map(each => [paceKey(each), each])), nowUs)
    const moving = groups.flatMap(({ moved }) => moved ?? [])
    const mark = sortableId(nowUs, random.bytes(6))
    const won = moving.length === 0 ? [] : await outbox.movePaces(moving, mark)
    const wonKeys = new Set(won.map(paceKey))
    const told = [...due]
    for (const { tellings: its, untilUs, moved } of groups) {
      const isLost = moved !== null && !wonKeys.has(paceKey(moved))
      if (isLost) await this.#giveBack(its)
      else if (untilUs > nowUs) await outbox.hold(its, { by: PACED, untilUs })
      else told.push(...its)
    }
    return told
  }

  /** As it was taken: what was held back until now is due with what others tell of its group. */
  async #giveBack(tellings: readonly ChannelTelling[]): Promise<void> {
    for (const untilUs of new Set(tellings.map(each => each.pacedUntilUs))) {
      const by = untilUs === null ? null : PACED
      const some = tellings.filter(each => each.pacedUntilUs === untilUs)
      await this.#deps.outbox.hold(some, { by, untilUs: untilUs ?? 0 })
    }
  }

  /** As many messages as can be sent now; the rest is given back. */
  async #fitting(tellings: readonly ChannelTelling[]): Promise<readonly Bundle[]> {
    const bundles = bundle(tellings)
    const free = SENDS_MAX - this.#sending
    const rest = bundles.slice(free).flat()
    await this.#giveBack(rest)
    return bundles.slice(0, free)
  }

  #taken(bundles: readonly Bundle[]): void {
    for (const told of bundles) {
      this.#sending++
      this.#context.pipe(
        this.#tell(told),
        () => ({ type: 'sent' }),
        error => ({ type: 'failed', of: 'send', error }),
      )
    }
    this.#again()
  }

  #sent(): void {
    this.#sending--
    if (this.#isAskedAgain && !this.#isLooking) this.#look(null)
  }

  /** What was asked for meanwhile is not left to others. */
  #again(): void {
    this.#isLooking = false
    if (this.#isAskedAgain) this.#context.timer('look', 0, { type: 'look' })
    else this.#context.timer('look', LOOK_MS, { type: 'time' })
  }

  async #tell(told: Bundle): Promise<void> {
    const { outbox, random } = this.#deps
    const [{ channel, attempts }] = told
    const clock = this.#context.clock
    const [atUs, beganMs] = [clock.nowUs(), clock.monotonicMs()]
    const { outcome, status, answer } = await this.#send(told)
    if (outcome === 'delivered') this.#delivered++
    else this.#failed++
    const isOver = outcome === 'delivered' || outcome === 'given_up'
    const pauseS = isOver ? null : backOff(attempts + 1)
    await outbox.attempted(
      {
        id: sortableId(atUs, random.bytes(6)),
        channelId: channel.id,
        atUs,
        attempt: attempts + 1,
        outcome: !isOver && pauseS === null ? 'given_up' : outcome,
        status,
        answer,
        tookMs: Math.round(clock.monotonicMs() - beganMs),
        changes: told.map(({ entry }) => entry.id),
        isRepeatPossible: isRepeatPossible(told),
        isReminder: isReminder(told),
      },
      pauseS === null ? null : clock.nowUs() + pauseS * 1_000_000,
    )
  }

  async #send(told: Bundle): Promise<Delivered> {
    const [{ channel }] = told
    const { settings: sealed, evidence, link, links, mailer, allowPrivate } = this.#deps
    const settings = sealed.open(channel.sealed)
    if (settings === null) {
      const answer = 'sealed under another administrator token: enter its settings again'
      return { outcome: 'failed', status: null, answer }
    }
    const changes = told.map(({ entry }) => entry)
    try {
      const message = messageOf(told, {
        ...(await evidence(changes)),
        link: link(changes),
        actions: links.of(changes, channel.id),
      })
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(SEND_MS_MAX)])
      const nowUs = this.#context.clock.nowUs()
      return await deliver(message, settings, { mailer, allowPrivate, nowUs, signal })
    } catch (error) {
      return { outcome: 'failed', status: null, answer: toError(error).message }
    }
  }
}
