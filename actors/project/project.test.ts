import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Offer } from '#actors/commit-log/commit-log.ts'
import { envelopeOf } from '#actors/commit-log/testing/envelopes.ts'
import { type Fault, type Ref, System, seededRandom } from '#runtime/index.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { IngestMeter } from './ingest-meter.ts'
import {
  type OfferOutcome,
  type OfferSource,
  PROJECT_RESTART,
  type ProjectRequest,
  project,
  type StreamOpened,
} from './project.ts'
import type { QuotaLimits } from './quota.ts'
import { FakeLog } from './testing/fake-log.ts'

const UNLIMITED = { recordsPerSecond: 0, bytesPerSecond: 0 }
const NO_USE = { took: () => undefined, refused: () => undefined }

test('a stream learns what is durable, and its batches reach the log in order', async () => {
  const { actor, log, meter } = start()
  const stream = new TestStream(actor.ref, { id: 1 })
  assert.deepEqual(stream.open(), { type: 'open', lastDurable: null })
  await actor.settle()
  const outcomes = [1, 2, 3].map(sequence => stream.offer(sequence))
  await actor.settle()
  assert.deepEqual(
    outcomes.map(reply => reply.outcome?.type),
    Array(3).fill('settled'),
  )
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [1, 2, 3],
  )
  const again = new TestStream(actor.ref, { id: 2, firstUnacked: 4 })
  assert.deepEqual(again.open(), { type: 'open', lastDurable: 3 })
  assert.deepEqual([meter.batches, meter.records, meter.bytes], [3, 30, 24])
  assert.equal(actor.observe().observed['records'], 30)
})

test('a producer that is unknown, or went on elsewhere, is told so', () => {
  const { actor, log } = start()
  const late = new TestStream(actor.ref, { id: 1, firstUnacked: 7 })
  assert.deepEqual(late.open(), { type: 'epoch-expired' })
  void log.append(offerOf(1, { epoch: 3 }))
  const old = new TestStream(actor.ref, { id: 2, epoch: 2 })
  assert.deepEqual(old.open(), { type: 'epoch-expired' })
  const newer = new TestStream(actor.ref, { id: 3, epoch: 4, firstUnacked: 9 })
  assert.deepEqual(newer.open(), { type: 'open', lastDurable: null })
})

test('a second stream of one sender takes the place of the first', () => {
  const { actor, log } = start()
  const first = new TestStream(actor.ref, { id: 1 })
  first.open()
  const second = new TestStream(actor.ref, { id: 2 })
  second.open()
  assert.equal(first.lostBecause, 'the sender opened another stream')
  assert.deepEqual(first.offer(1).outcome, { type: 'lost' })
  second.offer(1)
  assert.equal(log.stored.length, 1)
  const other = new TestStream(actor.ref, { id: 3, producer: 2n })
  other.open()
  assert.equal(second.lostBecause, null)
})

test('over quota a stream is held back from the refused batch on, until that one comes', async () => {
  const { actor, log } = start()
  const stream = new TestStream(actor.ref, { id: 1 })
  stream.limits = { recordsPerSecond: 10, bytesPerSecond: 0 }
  stream.open()
  stream.offer(1)
  const refused = stream.offer(2)
  assert.deepEqual(refused.outcome, { type: 'over-quota', retryAfterMs: 1 })
  actor.clock.advance(10)
  const later = stream.offer(3)
  assert.deepEqual(later.outcome, { type: 'out-of-turn', fromSequence: 2 })
  stream.offer(2)
  stream.offer(3)
  await actor.settle()
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [1, 2],
  )
  assert.equal(actor.observe().observed['throttled'], 2)
})

test('changed limits hold at once, without a batch to bring them', () => {
  const { actor } = start()
  const stream = new TestStream(actor.ref, { id: 1 })
  stream.open()
  actor.tell({ type: 'limits', limits: limitsOf({ recordsPerSecond: 5, bytesPerSecond: 7 }) })
  assert.deepEqual(actor.observe().observed['quota'], { recordsPerSecond: 5, bytesPerSecond: 7 })
})

test('what the log cannot take is told with its reason', async () => {
  const { actor, log, meter } = start()
  log.unavailable = 'disk-full'
  const stream = new TestStream(actor.ref, { id: 1 })
  stream.open()
  const reply = stream.offer(1)
  await actor.settle()
  assert.deepEqual(reply.outcome, {
    type: 'settled',
    outcomes: [{ type: 'unavailable', reason: 'disk-full', retryAfterMs: 100, mayBeStored: false }],
  })
  assert.equal(meter.throttled.get('disk-full'), 1)
  assert.equal(meter.batches, 0)
})

test('single batches over HTTP are taken only when none before them can be missing', async () => {
  const { actor, log } = start()
  const single = (sequence: number, firstUnacked: number): Reply =>
    offer(actor.ref, { type: 'single', firstUnacked }, [offerOf(sequence)])
  assert.deepEqual(single(5, 5).outcome, { type: 'epoch-expired' })
  single(1, 1)
  single(2, 1)
  assert.deepEqual(single(4, 3).outcome, { type: 'out-of-turn', fromSequence: 3 })
  assert.deepEqual(single(4, 2).outcome, { type: 'out-of-turn', fromSequence: 3 })
  single(3, 3)
  const repeat = single(2, 2)
  await actor.settle()
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [1, 2, 3],
  )
  assert.deepEqual(repeat.outcome, {
    type: 'settled',
    outcomes: [{ type: 'durable', repeat: true }],
  })
})

test('a single batch of a new epoch may begin where its sender stands', async () => {
  const { actor, log } = start()
  const epoch = { epoch: 2 }
  offer(actor.ref, { type: 'single', firstUnacked: 1 }, [offerOf(1)])
  offer(actor.ref, { type: 'single', firstUnacked: 5 }, [offerOf(5, epoch)])
  await actor.settle()
  assert.deepEqual(
    log.stored.map(({ envelope }) => [envelope.epoch, Number(envelope.sequence)]),
    [
      [0, 1],
      [2, 5],
    ],
  )
})

test('the chunks of one request settle together', async () => {
  const { actor, log, meter } = start()
  log.autoCommit = false
  const reply = offer(actor.ref, { type: 'request' }, [offerOf(1), offerOf(2), offerOf(3)])
  await actor.settle()
  assert.equal(lengthOf(reply), undefined)
  log.commit()
  await actor.settle()
  assert.equal(lengthOf(reply), 3)
  assert.equal(meter.batches, 3)
})

test('refused records are counted apart', async () => {
  const { actor, meter } = start()
  offer(actor.ref, { type: 'request' }, [offerOf(1, { recordCount: 10, rejected: [2, 5, 6] })])
  await actor.settle()
  assert.deepEqual([meter.records, meter.recordsRejected], [7, 3])
})

test('a crash in one project touches no other, and loses nothing that was acknowledged', async () => {
  const { system, clock, projects, logs, faults } = startSystem()
  const a = new TestStream(projects('project0aa'), { id: 1 })
  const b = new TestStream(projects('project0bb'), { id: 2 })
  a.open()
  b.open()
  await idle()
  const durable = a.offer(1)
  await idle()
  assert.equal(durable.outcome?.type, 'settled')
  logs('project0aa').bug = new Error('a bug in one project')
  const crashed = a.offer(2)
  const behind = a.offer(3)
  const elsewhere = b.offer(1)
  await idle()
  assert.deepEqual(crashed.outcome, { type: 'lost' })
  assert.equal(a.lostBecause, 'the project starts again')
  assert.equal(elsewhere.outcome?.type, 'settled')
  assert.equal(b.lostBecause, null)
  assert.equal(behind.outcome, undefined)
  assert.equal(faults.length, 1)
  clock.advance(1_000)
  await idle()
  assert.deepEqual(behind.outcome, { type: 'lost' })
  const again = new TestStream(projects('project0aa'), { id: 3, firstUnacked: 2 })
  again.open()
  await idle()
  assert.deepEqual(again.opened, { type: 'open', lastDurable: 1 })
  again.offer(2)
  again.offer(3)
  await idle()
  const sequences = logs('project0aa').stored.map(({ envelope }) => Number(envelope.sequence))
  assert.deepEqual(sequences, [1, 2, 3])
  const stopped = system.stop('test', 1_000)
  await idle()
  await stopped
  assert.equal(again.lostBecause, 'the project starts again')
  system.assertQuit()
})

test('a project that fails while a batch is on its way still answers for that batch', async () => {
  const { system, projects, logs } = startSystem()
  const log = logs('project0aa')
  const a = new TestStream(projects('project0aa'), { id: 1 })
  a.open()
  await idle()
  log.autoCommit = false
  const onItsWay = a.offer(1)
  await idle()
  log.bug = new Error('a bug')
  a.offer(2)
  await idle()
  assert.equal(onItsWay.outcome, undefined)
  log.commit()
  await idle()
  assert.deepEqual(onItsWay.outcome, {
    type: 'settled',
    outcomes: [{ type: 'durable', repeat: false }],
  })
  system.kill('test')
})

function start() {
  const log = new FakeLog()
  const meter = new IngestMeter()
  const actor = testActor(project, {
    projectId: 'project0aa',
    log,
    meter,
    use: NO_USE,
    spend: null,
  })
  return { actor, log, meter }
}

function startSystem() {
  const clock = new VirtualClock()
  const faults: Fault[] = []
  const system = new System({
    clock,
    random: seededRandom(1),
    onFault: fault => faults.push(fault),
    onEscalation: (_, cause) => assert.fail(cause),
  })
  const byProject = new Map<string, FakeLog>()
  const logs = (id: string): FakeLog => {
    const log = byProject.get(id) ?? new FakeLog()
    byProject.set(id, log)
    return log
  }
  const keyed = system.keyed(
    project,
    projectId => ({
      projectId,
      log: logs(projectId),
      meter: new IngestMeter(),
      use: NO_USE,
      spend: null,
    }),
    { actorsMax: 10, idleMs: 600_000, restart: PROJECT_RESTART },
  )
  const projects = (id: string): Ref<ProjectRequest> => keyed.ref(id)
  return { system, clock, faults, logs, projects }
}

interface Reply {
  outcome: OfferOutcome | undefined
}

interface TestStreamOptions {
  readonly id: number
  readonly producer?: bigint
  readonly epoch?: number
  readonly firstUnacked?: number
}

class TestStream {
  limits: QuotaLimits = UNLIMITED
  opened: StreamOpened | undefined
  lostBecause: string | null = null
  readonly #ref: Ref<ProjectRequest>
  readonly #options: Required<TestStreamOptions>

  constructor(ref: Ref<ProjectRequest>, options: TestStreamOptions) {
    this.#ref = ref
    this.#options = { producer: 1n, epoch: 0, firstUnacked: 1, ...options }
  }

  /** The answer, if the actor runs at once. */
  open(): StreamOpened | undefined {
    const lost = (reason: string): void => {
      assert.equal(this.lostBecause, null, 'a stream is lost once')
      this.lostBecause = reason
    }
    const reply = (opened: StreamOpened): void => {
      this.opened = opened
    }
    const stream = { ...this.#options, lost }
    assert.ok(this.#ref.offer({ type: 'open-stream', stream, reply }))
    return this.opened
  }

  offer(sequence: number): Reply {
    const { id, epoch, producer } = this.#options
    const source = { type: 'stream', id } as const
    return offer(this.#ref, source, [offerOf(sequence, { epoch, producer })], this.limits)
  }
}

function offer(
  ref: Ref<ProjectRequest>,
  source: OfferSource,
  offers: readonly Offer[],
  limits: QuotaLimits = UNLIMITED,
): Reply {
  const result: Reply = { outcome: undefined }
  const reply = (outcome: OfferOutcome): void => {
    assert.equal(result.outcome, undefined, 'an offer is answered once')
    result.outcome = outcome
  }
  assert.ok(ref.offer({ type: 'offer', source, offers, limits: limitsOf(limits), reply }))
  return result
}

function offerOf(sequence: number, fields: Parameters<typeof envelopeOf>[0] = {}): Offer {
  const memory = new SharedArrayBuffer(8)
  const batch = { memory, offset: 0, length: 8, retain: () => {}, release: () => {} }
  const envelope = envelopeOf({ recordCount: 10, sequence: BigInt(sequence), ...fields })
  return { envelope, batch }
}

/** Of a project whose key has none of its own. */
function limitsOf(limits: QuotaLimits, own = UNLIMITED) {
  return { ...limits, keyId: 'key000000aaa', own }
}

function lengthOf({ outcome }: Reply): number | undefined {
  return outcome?.type === 'settled' ? outcome.outcomes.length : undefined
}

/** Lets every actor do what it can without time passing. */
async function idle(): Promise<void> {
  for (let round = 0; round < 10; round++) await nextRound()
}
