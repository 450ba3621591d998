/**
 * The actor of a project's alert rules: has worker threads tell what each batch adds to their
 * windows, merges it in the order of the log, and writes down what changes. Its state is a snapshot
 * in the catalog and the log behind it: killed at any moment, it comes to the same end.
 */
import type { AlertFaults, RuleFault } from '#actors/catalog/alert-faults.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import {
  ALERT_GROUP,
  ALERT_PARTITION,
  type AlertStates,
  type NewStateChange,
} from '#actors/catalog/alert-states.ts'
import type { Checkpoints } from '#actors/catalog/checkpoints.ts'
import type { ProcessedBatch } from '#actors/processing/process-batch.ts'
import { type PackedRules, packRules } from '#actors/processing/windows/window-rules.ts'
import { type Actor, type Context, defineActor, type Reply, type TaskPool } from '#runtime/index.ts'
import { type AlertChange, AlertEngine, type RuleFailure, type StoredRule } from './alert-engine.ts'
import type { AlertFeed, FedBatch } from './alert-feed.ts'
import { stateChange } from './state-change.ts'
import { type LoadedRules, loadRules } from './stored-rules.ts'

export type AlertMessage =
  /** The actor is to be there, and to know the rules of now. */
  | { readonly type: 'rules'; readonly reply?: Reply<void> }
  | { readonly type: 'fed'; readonly batch: FedBatch }
  | { readonly type: 'computed'; readonly ticket: Ticket; readonly deltas: Uint8Array | null }
  | { readonly type: 'compute-failed'; readonly ticket: Ticket; readonly error: Error }
  | { readonly type: 'compute'; readonly ticket: Ticket }
  | { readonly type: 'recorded'; readonly outcome: 'told' | 'known' | 'fenced' }
  | { readonly type: 'record-failed'; readonly error: Error }
  | { readonly type: 'record' }
  | { readonly type: 'saved'; readonly position: number; readonly kept: boolean }
  | { readonly type: 'save-failed'; readonly error: Error }
  | { readonly type: 'tick' }

export interface AlertDeps {
  readonly projectId: string
  readonly pool: Pick<TaskPool, 'run'>
  readonly rules: Pick<AlertRules, 'list' | 'noteWarmUp'>
  readonly states: Pick<AlertStates, 'record'>
  readonly faults: Pick<AlertFaults, 'note'>
  readonly checkpoints: Pick<Checkpoints, 'claim' | 'save'>
  readonly feed: Pick<AlertFeed, 'begin' | 'saved' | 'coveredBy' | 'unwatch'>
  /** What came before and was not received then is not known to anybody. */
  readonly receivingSinceUs: number
  /** A change was written: who tells it need not wait. */
  readonly onTold: () => void
  readonly onFault: (error: Error, where: string) => void
}

/** A batch on its way through a worker thread. */
interface Ticket {
  readonly batch: FedBatch
  readonly rules: readonly StoredRule[]
  readonly packed: PackedRules
  failures: number
  /** undefined = not computed yet. */
  deltas: Uint8Array | null | undefined
}

const TICK_MS = 250
/** A snapshot is a row that is written anew: large ones more rarely. */
const SAVE_MS = 5_000
const SAVE_MS_PER_BYTE = 1 / 50
const FAILURES_MAX = 3
const RETRY_MS = 1_000

export const alerts = defineActor<AlertMessage, AlertDeps>({
  name: 'alerts',
  mailbox: { capacity: 128, whenFull: 'wait' },
  create: (context, deps) => new Alerts(context, deps),
  crashed(message) {
    if (message.type === 'fed') message.batch.done()
  },
})

class Alerts implements Actor<AlertMessage> {
  readonly #context: Context<AlertMessage>
  readonly #deps: AlertDeps
  #engine = new AlertEngine()
  #rules: readonly StoredRule[] = []
  #packed: PackedRules = packRules('', [])
  #fence = 0
  /** End of the last batch that was accepted, and the reading that it may be of at the earliest. */
  #position = 0
  #generation = 0
  readonly #tickets: Ticket[] = []
  readonly #unrecorded: NewStateChange[] = []
  #isRecording = false
  #isSaving = false
  /** As they were noted, by rule and version. */
  #warmUps: ReadonlyMap<string, string> = new Map()
  #savedAtMs = 0
  #savedBytes = 0
  #counts = { batches: 0, told: 0, saves: 0, faults: 0 }

  constructor(context: Context<AlertMessage>, deps: AlertDeps) {
    this.#context = context
    this.#deps = deps
    const release = (): void => this.#tickets.forEach(({ batch }) => batch.done())
    context.signal.addEventListener('abort', release, { once: true })
  }

  /** Nothing is taken before the state is there. */
  async started(): Promise<void> {
    const { projectId, checkpoints, rules } = this.#deps
    const { random, clock } = this.#context
    const owner = Buffer.from(random.bytes(12)).toString('hex')
    const claim = await this.#patiently(async () => {
      const [claimed] = await checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], owner)
      this.#use(await loadRules(rules, projectId, this.#rules))
      return claimed
    })
    if (claim === undefined) throw new Error(`no checkpoint of project ${projectId}`)
    this.#fence = claim.fence
    const { state, position } = claim
    const isKnown = state !== null && position !== null
    if (isKnown) this.#engine = AlertEngine.restore(state, this.#rules)
    this.#engine.resume(this.#deps.receivingSinceUs)
    if (this.#rules.length > 0) this.#begin(isKnown ? position : null)
    this.#savedAtMs = clock.monotonicMs()
    this.#context.timer('tick', TICK_MS, { type: 'tick' })
  }

  receive(message: AlertMessage): void | Promise<void> {
    switch (message.type) {
      case 'rules':
        return this.#reload(message.reply)
      case 'fed':
        return this.#accept(message.batch)
      case 'compute':
        return this.#compute(message.ticket)
      case 'computed':
        message.ticket.deltas = message.deltas
        return this.#absorb()
      case 'compute-failed':
        return this.#computeFailed(message.ticket, message.error)
      case 'record':
        return this.#record()
      case 'recorded':
        return this.#recorded(message.outcome)
      case 'record-failed':
        this.#isRecording = false
        this.#fault(message.error, 'recording')
        this.#context.timer('record', RETRY_MS, { type: 'record' })
        return
      case 'saved':
        return this.#saved(message.position, message.kept)
      case 'save-failed':
        this.#isSaving = false
        return this.#fault(message.error, 'saving')
      case 'tick':
        return this.#tick()
    }
  }

  mayRest(): boolean {
    return this.#rules.length === 0
  }

  /** What is done is saved, so that the next start has little to read again. */
  async stopping(): Promise<void> {
    if (this.#unrecorded.length > 0 || this.#tickets.length > 0 || this.#isSaving) return
    await this.#save(this.#position).catch(() => undefined)
  }

  observe(): Record<string, unknown> {
    const rules = Object.fromEntries(
      [...this.#engine.evaluators].map(([id, { evaluator }]) => [
        id,
        { groups: evaluator.groups.size, ...evaluator.counters },
      ]),
    )
    return {
      ...this.#counts,
      rules,
      waiting: this.#tickets.length,
      unrecorded: this.#unrecorded.length,
      snapshotBytes: this.#savedBytes,
    }
  }

  #begin(position: number | null): void {
    const begun = this.#deps.feed.begin(this.#deps.projectId, position)
    this.#position = begun.position
    this.#generation = begun.generation
  }

  /** While the catalog is away there is nothing that could be done without it. */
  async #patiently<Value>(work: () => Promise<Value>): Promise<Value> {
    const { clock, signal } = this.#context
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) throw error
        this.#fault(error as Error, 'beginning')
        await new Promise<void>(resolve => void clock.after(RETRY_MS, resolve))
      }
    }
  }

  #use({ rules, faults }: LoadedRules): void {
    this.#rules = rules
    this.#note(faults)
    const key = this.#rules.map(({ id, version }) => `${id}@${version}`).join()
    this.#packed = packRules(
      key,
      this.#rules.map(({ rule }) => rule),
    )
    this.#engine.setRules(this.#rules)
  }

  async #reload(reply?: Reply<void>): Promise<void> {
    const { rules, projectId, feed } = this.#deps
    const had = this.#rules.length
    this.#use(await this.#patiently(() => loadRules(rules, projectId, this.#rules)))
    if (this.#rules.length === 0) feed.unwatch(projectId)
    else if (had === 0) this.#begin(null)
    reply?.()
  }

  #accept(batch: FedBatch): void {
    const { position } = batch.entry
    if (batch.generation < this.#generation || position <= this.#position) return batch.done()
    this.#position = position
    const ticket: Ticket = {
      batch,
      rules: this.#rules,
      packed: this.#packed,
      failures: 0,
      deltas: undefined,
    }
    this.#tickets.push(ticket)
    this.#compute(ticket)
  }

  #compute(ticket: Ticket): void {
    const { batch, envelope } = ticket.batch.entry
    const { receivedAtUs, producer, epoch, sequence, rejected } = envelope
    const { memory, offset, length } = batch
    const work = this.#deps.pool.run<ProcessedBatch>('process-batch', {
      envelope: { receivedAtUs, producer, epoch, sequence, rejected },
      memory,
      offset,
      length,
      filters: [],
      rules: ticket.packed,
      summary: false,
    })
    this.#context.pipe(
      work,
      ({ deltas }) => ({ type: 'computed', ticket, deltas }),
      error => ({ type: 'compute-failed', ticket, error }),
    )
  }

  /** A batch that cannot be looked at ends the actor, which begins anew from its snapshot. */
  #computeFailed(ticket: Ticket, error: Error): void {
    this.#fault(error, 'computing')
    if (++ticket.failures >= FAILURES_MAX) throw error
    const key = `compute ${ticket.batch.entry.position}`
    this.#context.timer(key, RETRY_MS, { type: 'compute', ticket })
  }

  /** In the order of the log, whatever was computed first. */
  #absorb(): void {
    for (let [ticket] = this.#tickets; ticket?.deltas !== undefined; [ticket] = this.#tickets) {
      this.#tickets.shift()
      const { envelope } = ticket.batch.entry
      const { deltas, rules } = ticket
      this.#changed(this.#engine.absorb(deltas, rules, Number(envelope.receivedAtUs)))
      this.#counts.batches++
      ticket.batch.done()
    }
  }

  /** The clock speaks only where nothing that was received is still to come. */
  #tick(): void {
    this.#context.timer('tick', TICK_MS, { type: 'tick' })
    const { feed, projectId } = this.#deps
    const covered = feed.coveredBy(projectId)
    if (covered !== null && this.#tickets.length === 0) {
      this.#position = Math.max(this.#position, covered)
      this.#changed(this.#engine.advance(this.#context.clock.nowUs()))
    }
    this.#saveIfDue()
  }

  #changed(changes: readonly AlertChange[]): void {
    this.#note(this.#engine.takeFailed().map(failureOf))
    for (const change of changes) {
      const stored = this.#engine.evaluators.get(change.ruleId)?.stored
      if (stored === undefined) continue
      this.#unrecorded.push(stateChange(this.#deps.projectId, stored, change))
    }
    this.#record()
  }

  /** Nobody waits for it: a start finds the same again. */
  #note(faults: readonly RuleFault[]): void {
    for (const fault of faults) {
      this.#deps.faults
        .note(fault, this.#context.clock.nowUs())
        .catch((error: Error) => this.#fault(error, 'noting a fault'))
    }
  }

  #record(): void {
    const [change] = this.#unrecorded
    if (change === undefined || this.#isRecording) return
    this.#isRecording = true
    this.#context.pipe(
      this.#deps.states.record(change, this.#fence),
      outcome => ({ type: 'recorded', outcome }),
      error => ({ type: 'record-failed', error }),
    )
  }

  #recorded(outcome: 'told' | 'known' | 'fenced'): void {
    if (outcome === 'fenced') throw new Error('somebody else evaluates the rules of the project')
    this.#isRecording = false
    this.#unrecorded.shift()
    if (outcome === 'told') {
      this.#counts.told++
      this.#deps.onTold()
    }
    this.#record()
  }

  /** Only where all that it says has been recorded: a replay from it repeats nothing else. */
  #saveIfDue(): void {
    const sinceMs = this.#context.clock.monotonicMs() - this.#savedAtMs
    if (sinceMs < Math.max(SAVE_MS, this.#savedBytes * SAVE_MS_PER_BYTE)) return
    if (this.#isSaving || this.#unrecorded.length > 0 || this.#tickets.length > 0) return
    if (this.#rules.length === 0) return
    this.#isSaving = true
    const position = this.#position
    this.#context.pipe(
      this.#save(position),
      kept => ({ type: 'saved', position, kept }),
      error => ({ type: 'save-failed', error }),
    )
  }

  #save(position: number): Promise<boolean> {
    const { checkpoints, projectId } = this.#deps
    const state = this.#engine.snapshot()
    this.#savedBytes = state.length
    this.#savedAtMs = this.#context.clock.monotonicMs()
    const place = { group: ALERT_GROUP, topic: projectId, partition: ALERT_PARTITION }
    return checkpoints.save({ ...place, fence: this.#fence, position, state })
  }

  #saved(position: number, kept: boolean): void {
    this.#isSaving = false
    if (!kept) throw new Error('somebody else evaluates the rules of the project')
    this.#counts.saves++
    this.#noteWarmUps()
    this.#deps.feed.saved(this.#deps.projectId, position)
  }

  /** People see how far it is; nobody waits for it. */
  #noteWarmUps(): void {
    const now = new Map<string, string>()
    for (const { stored, evaluator } of this.#engine.evaluators.values()) {
      const { warmUp } = evaluator
      if (warmUp === null) continue
      const [key, text] = [`${stored.id}@${stored.version}`, JSON.stringify(warmUp)]
      now.set(key, text)
      if (this.#warmUps.get(key) === text) continue
      this.#deps.rules
        .noteWarmUp(stored.id, stored.version, warmUp)
        .catch((error: Error) => this.#fault(error, 'noting a warm-up'))
    }
    this.#warmUps = now
  }

  #fault(error: Error, where: string): void {
    this.#counts.faults++
    this.#deps.onFault(error, `alerts/${this.#deps.projectId}: ${where}`)
  }
}

function failureOf({ stored: { id, version }, error }: RuleFailure): RuleFault {
  return { ruleId: id, version, message: error.message }
}
