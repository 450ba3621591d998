/**
 * The actor of a project's alert rules: has worker threads tell what each batch adds to their
 * windows, merges it in the order of the log, and writes down what changes. Its state is a snapshot
 * in the catalog and the log behind it: killed at any moment, it comes to the same end.
 */
import type { AlertFaults, RuleFault } from '#actors/catalog/alert-faults.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { AlertStates } from '#actors/catalog/alert-states.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { ProcessedBatch } from '#actors/processing/process-batch.ts'
import { type PackedRules, packRules } from '#actors/processing/windows/window-rules.ts'
import { type Actor, type Context, defineActor, type Reply, type TaskPool } from '#runtime/index.ts'
import { type AlertChange, AlertEngine, type RuleFailure, type StoredRule } from './alert-engine.ts'
import type { AlertFeed, FedBatch } from './alert-feed.ts'
import { BatchQueue, inputOf, type Ticket } from './batch-queue.ts'
import { ChangeRecorder } from './change-recorder.ts'
import { nextLookMs, PartitionClocks } from './partition-clocks.ts'
import { type NotedRules, RuleNotes } from './rule-notes.ts'
import { stateChange } from './state-change.ts'
import { type LoadedRules, loadRules } from './stored-rules.ts'
import { claimWindows, saveWindows, type WindowClaimDeps } from './window-claim.ts'

export type AlertMessage =
  /** Whose project it is, or what its rules are, may have changed. */
  | { readonly type: 'rules'; readonly reply?: Reply<void> }
  | { readonly type: 'fed'; readonly batch: FedBatch }
  | { readonly type: 'computed'; readonly ticket: Ticket; readonly deltas: Uint8Array | null }
  | { readonly type: 'compute-failed'; readonly ticket: Ticket; readonly error: Error }
  | { readonly type: 'compute'; readonly ticket: Ticket }
  | { readonly type: 'recorded'; readonly by: ChangeRecorder; readonly isFenced: boolean }
  | { readonly type: 'record-failed'; readonly error: Error }
  | { readonly type: 'record' }
  | { readonly type: 'saved'; readonly save: Save; readonly kept: boolean }
  | { readonly type: 'save-failed'; readonly save: Save; readonly error: Error }
  | { readonly type: 'tick' }

export interface AlertDeps extends WindowClaimDeps {
  readonly pool: Pick<TaskPool, 'run'>
  readonly rules: Pick<AlertRules, 'list'> & NotedRules
  readonly states: Pick<AlertStates, 'record'>
  readonly faults: Pick<AlertFaults, 'note'>
  readonly feed: Pick<
    AlertFeed,
    'isWatched' | 'hasBegun' | 'begin' | 'saved' | 'coveredBy' | 'partitionsOf'
  >
  /** Somebody else evaluates the project. */
  readonly onFenced: () => void
  /** A change was written: who tells it need not wait. */
  readonly onTold: () => void
  readonly onFault: (error: Error, where: string) => void
}

/** A snapshot on its way to the catalog. */
interface Save {
  readonly positions: Positions
}

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
  /** 0 = the project is evaluated elsewhere, or not at all. */
  #fence = 0
  #logName = ''
  /** Ends of the last batches that were accepted, and the reading they are of at the earliest. */
  #positions = Positions.NONE
  #generation = 0
  #clocks = new PartitionClocks()
  readonly #queue = new BatchQueue()
  #recorder: ChangeRecorder
  #saving: Save | null = null
  readonly #notes: RuleNotes
  /** Receipt of the newest batch that was taken: rules that come later do not know it. */
  #acceptedUs = 0
  /** With those that cannot be evaluated: all that somebody may wait for. */
  #taken: LoadedRules['taken'] = []
  #savedAtMs = 0
  #savedBytes = 0
  #counts = { batches: 0, told: 0, saves: 0, faults: 0 }

  constructor(context: Context<AlertMessage>, deps: AlertDeps) {
    this.#context = context
    this.#deps = deps
    this.#recorder = this.#newRecorder()
    this.#notes = new RuleNotes(deps.rules, (error, where) => this.#fault(error, where))
    context.signal.addEventListener('abort', () => this.#queue.clear(), { once: true })
  }

  /** Nothing is taken before the state is there. */
  async started(): Promise<void> {
    if (this.#deps.feed.isWatched(this.#deps.projectId)) await this.#begin()
    this.#context.timer('tick', nextLookMs(this.#context.clock.nowUs()), { type: 'tick' })
  }

  receive(message: AlertMessage): void | Promise<void> {
    switch (message.type) {
      case 'rules':
        return this.#look(message.reply)
      case 'fed':
        return this.#accept(message.batch)
      case 'compute':
        return this.#queue.has(message.ticket) ? this.#compute(message.ticket) : undefined
      case 'computed':
        message.ticket.deltas = message.deltas
        return this.#absorb()
      case 'compute-failed':
        return this.#computeFailed(message.ticket, message.error)
      case 'record':
        return this.#record()
      case 'recorded':
        return this.#recorded(message.by, message.isFenced)
      case 'record-failed':
        this.#fault(message.error, 'recording')
        this.#context.timer('record', RETRY_MS, { type: 'record' })
        return
      case 'saved':
        return this.#saved(message.save, message.kept)
      case 'save-failed':
        if (message.save === this.#saving) this.#saving = null
        return this.#fault(message.error, 'saving')
      case 'tick':
        return this.#tick()
    }
  }

  mayRest(): boolean {
    return this.#fence === 0
  }

  /** What is done is saved, so that the next start has little to read again. */
  async stopping(): Promise<void> {
    if (this.#fence === 0 || this.#saving !== null || this.#isBusy) return
    await this.#save(this.#positions).catch(() => undefined)
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
      waiting: this.#queue.length,
      unrecorded: this.#recorder.waiting,
      snapshotBytes: this.#savedBytes,
    }
  }

  /** Everything is told as it was, and nothing is on its way. */
  get #isBusy(): boolean {
    return this.#recorder.waiting > 0 || this.#queue.length > 0
  }

  /** Takes the project over from whoever had it, and goes on from the snapshot. */
  async #begin(): Promise<void> {
    const { projectId, feed, rules } = this.#deps
    const { random, clock } = this.#context
    const owner = Buffer.from(random.bytes(12)).toString('hex')
    const { fence, logName, snapshot } = await this.#patiently(async () => {
      const claim = await claimWindows(this.#deps, owner)
      this.#use(await loadRules(rules, projectId, this.#rules))
      return claim
    })
    // Made anew meanwhile: what was claimed is of the former one.
    if (logName !== this.#deps.logName()) return this.#begin()
    this.#fence = fence
    this.#logName = logName
    this.#recorder = this.#newRecorder()
    if (snapshot !== null) this.#engine = AlertEngine.restore(snapshot.engine, this.#rules)
    this.#engine.setRules(this.#rules)
    const begun = feed.begin(projectId, snapshot?.positions ?? null)
    this.#positions = begun.positions
    this.#generation = begun.generation
    this.#engine.resume(begun.knownSinceUs)
    this.#clocks = new PartitionClocks()
    this.#savedAtMs = clock.monotonicMs()
  }

  /** The project is somebody else's, or has no rules: what is on its way is nobody's. */
  #leave(): void {
    this.#queue.clear()
    this.#fence = 0
    this.#recorder = this.#newRecorder()
    this.#saving = null
    this.#acceptedUs = 0
    this.#taken = []
    this.#rules = []
    this.#engine = new AlertEngine()
  }

  #fenced(): void {
    this.#leave()
    this.#deps.onFenced()
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

  #use({ rules, faults, taken }: LoadedRules): void {
    this.#rules = rules
    this.#taken = taken
    this.#note(faults)
    const key = this.#rules.map(({ id, version }) => `${id}@${version}`).join()
    this.#packed = packRules(
      key,
      this.#rules.map(({ rule }) => rule),
    )
    this.#engine.setRules(this.#rules, this.#acceptedUs)
  }

  async #look(reply?: Reply<void>): Promise<void> {
    const { rules, projectId, feed } = this.#deps
    if (!feed.isWatched(projectId)) this.#leave()
    else if (this.#fence === 0 || !feed.hasBegun(projectId)) {
      this.#leave()
      await this.#begin()
    } else this.#use(await this.#patiently(() => loadRules(rules, projectId, this.#rules)))
    this.#notes.begun.note(this.#taken)
    reply?.()
  }

  #accept(batch: FedBatch): void {
    const { entry, generation } = batch
    const isKnown = generation < this.#generation || this.#positions.covers(entry)
    if (isKnown || this.#fence === 0) return batch.done()
    this.#positions = this.#positions.with(entry)
    this.#acceptedUs = Math.max(this.#acceptedUs, Number(entry.envelope.receivedAtUs))
    this.#compute(this.#queue.add(batch, this.#rules, this.#packed))
  }

  #compute(ticket: Ticket): void {
    this.#context.pipe(
      this.#deps.pool.run<ProcessedBatch>('process-batch', inputOf(ticket)),
      ({ deltas }) => ({ type: 'computed', ticket, deltas }),
      error => ({ type: 'compute-failed', ticket, error }),
    )
  }

  /** A batch that cannot be looked at ends the actor, which begins anew from its snapshot. */
  #computeFailed(ticket: Ticket, error: Error): void {
    if (!this.#queue.has(ticket)) return
    this.#fault(error, 'computing')
    if (++ticket.failures >= FAILURES_MAX) throw error
    const { partition, position } = ticket.batch.entry
    const key = `compute ${partition} ${position}`
    this.#context.timer(key, RETRY_MS, { type: 'compute', ticket })
  }

  /** In the order of the log, whatever was computed first. */
  #absorb(): void {
    const { feed, projectId } = this.#deps
    for (let ticket = this.#queue.take(); ticket !== null; ticket = this.#queue.take()) {
      const { envelope, partition } = ticket.batch.entry
      const { deltas = null, rules } = ticket
      const receivedAtUs = Number(envelope.receivedAtUs)
      this.#clocks.heard(partition, receivedAtUs)
      const clockUs = this.#clocks.of(feed.partitionsOf(projectId))
      this.#changed(this.#engine.absorb(deltas, rules, receivedAtUs, clockUs))
      this.#counts.batches++
      ticket.batch.done()
    }
  }

  /** The clock speaks only where nothing that was received is still to come. */
  #tick(): void {
    this.#context.timer('tick', nextLookMs(this.#context.clock.nowUs()), { type: 'tick' })
    if (this.#fence === 0) return
    this.#notes.begun.note(this.#taken)
    const { feed, projectId } = this.#deps
    const covered = feed.coveredBy(projectId)
    if (covered !== null && this.#queue.length === 0) {
      this.#positions = this.#positions.union(covered.positions)
      this.#clocks.covered(feed.partitionsOf(projectId), covered.atUs)
      this.#changed(this.#engine.advance(covered.atUs))
    }
    this.#saveIfDue()
  }

  #changed(changes: readonly AlertChange[]): void {
    this.#note(this.#engine.takeFailed().map(failureOf))
    for (const change of changes) {
      const stored = this.#engine.evaluators.get(change.ruleId)?.stored
      if (stored === undefined) continue
      this.#recorder.add(stateChange(this.#deps.projectId, stored, change))
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

  #newRecorder(): ChangeRecorder {
    const { states, onTold } = this.#deps
    return new ChangeRecorder({
      states,
      fence: this.#fence,
      onTold: () => {
        this.#counts.told++
        onTold()
      },
    })
  }

  #record(): void {
    const by = this.#recorder
    if (by.waiting === 0 || by.isRecording) return
    this.#context.pipe(
      by.record(),
      outcome => ({ type: 'recorded', by, isFenced: outcome === 'fenced' }),
      error => ({ type: 'record-failed', error }),
    )
  }

  #recorded(by: ChangeRecorder, isFenced: boolean): void {
    if (by !== this.#recorder) return
    if (isFenced) this.#fenced()
    else this.#record()
  }

  /** Only where all that it says has been recorded: a replay from it repeats nothing else. */
  #saveIfDue(): void {
    const sinceMs = this.#context.clock.monotonicMs() - this.#savedAtMs
    if (sinceMs < Math.max(SAVE_MS, this.#savedBytes * SAVE_MS_PER_BYTE)) return
    if (this.#saving !== null || this.#isBusy) return
    const save = { positions: this.#positions }
    this.#saving = save
    this.#context.pipe(
      this.#save(save.positions),
      kept => ({ type: 'saved', save, kept }),
      error => ({ type: 'save-failed', save, error }),
    )
  }

  #save(positions: Positions): Promise<boolean> {
    const engine = this.#engine.snapshot()
    this.#savedBytes = engine.length
    this.#savedAtMs = this.#context.clock.monotonicMs()
    const claim = { fence: this.#fence, logName: this.#logName }
    return saveWindows(this.#deps, claim, { positions, engine })
  }

  #saved(save: Save, kept: boolean): void {
    if (save !== this.#saving) return
    if (!kept) return this.#fenced()
    this.#saving = null
    this.#counts.saves++
    this.#notes.saved(this.#engine, this.#context.clock.monotonicMs())
    this.#deps.feed.saved(this.#deps.projectId, save.positions)
  }

  #fault(error: Error, where: string): void {
    this.#counts.faults++
    this.#deps.onFault(error, `alerts/${this.#deps.projectId}: ${where}`)
  }
}

function failureOf({ stored: { id, version }, error }: RuleFailure): RuleFault {
  return { ruleId: id, version, message: error.message }
}
