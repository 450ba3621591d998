import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Positions } from '#actors/commit-log/positions.ts'
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import { type ProcessBatch, processBatch } from '#actors/processing/process-batch.ts'
import { parseQuery } from '#proto/query.ts'
import { formatTime, parseTime } from '#proto/time.ts'
import type { Trouble } from '#proto/trouble.ts'
import { RuntimeError } from '#runtime/runtime-error.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import type { RunOptions, TaskPool } from '#runtime/threads.ts'
import { tail } from './tail.ts'
import { placeOf } from './tail-place.ts'
import type { TailRequest } from './tail-request.ts'
import { decodeTailToken } from './tail-token.ts'
import { MemoryLog } from './testing/memory-log.ts'
import { TailClient } from './testing/tail-client.ts'

function filterOf(query: string): RowFilter {
  const parsed = parseQuery(query)
  assert(parsed.type === 'query')
  return { query: parsed.query, services: [], levels: [], ...ANY_TIME }
}

/** Answers in any order, some time later, and fails when told to. */
class UnorderedPool implements TaskPool {
  readonly #waiting: (() => void)[] = []
  failures = 0
  isBusy = false
  ran = 0

  run<Result>(task: string, input: unknown, _options?: RunOptions): Promise<Result> {
    assert.equal(task, 'process-batch')
    if (this.isBusy) return Promise.reject(new RuntimeError('LOGBOY_THREAD_BUSY', 'busy'))
    this.ran++
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        if (this.failures > 0) {
          this.failures--
          reject(new Error('the thread died'))
        } else resolve(processBatch(structuredClone(input) as ProcessBatch).result as Result)
      })
    })
  }

  /** Finishes what waits, by the numbers given. */
  finish(order: () => number): void {
    while (this.#waiting.length > 0) {
      this.#waiting.splice(order() % this.#waiting.length, 1)[0]?.()
    }
  }

  observe(): Record<string, unknown> {
    return {}
  }

  async close(): Promise<void> {}
}

class World {
  readonly log = new MemoryLog()
  readonly pool = new UnorderedPool()
  troubles: readonly Trouble[] = []
  readonly #deps = { log: this.log, pool: this.pool, troubles: () => this.troubles }
  actor = testActor(tail, this.#deps)
  receivedAtUs = 0
  readonly order: () => number
  #sockets = 0

  constructor(order: () => number = () => 0) {
    this.order = order
  }

  commit(projectId: string, messages: readonly string[], partition = 0): void {
    this.actor.clock.advance(1)
    this.receivedAtUs = this.actor.clock.nowUs()
    this.log.commit(projectId, messages, this.receivedAtUs, partition)
  }

  subscribe(client: TailClient, query: string, projectId = 'p'): string {
    const id = `s${++this.#sockets}`
    const after = client.token === null ? null : decodeTailToken(client.token)
    this.tell({
      type: 'subscribe',
      id,
      projectId,
      filter: filterOf(query),
      after,
      subscriber: client,
    })
    return id
  }

  /** The tail dies, and another one takes its place. */
  async kill(): Promise<void> {
    this.actor.kill()
    await this.actor.settle().catch(() => undefined)
    const passedMs = this.actor.clock.monotonicMs()
    this.actor = testActor(tail, this.#deps)
    this.actor.clock.advance(passedMs)
  }

  tell(request: TailRequest): void {
    this.actor.tell(request)
  }

  async settle(): Promise<void> {
    this.log.deliver()
    for (let i = 0; i < 3; i++) {
      await this.actor.settle()
      this.pool.finish(this.order)
    }
    await this.actor.settle()
  }

  /** Lets time pass until nothing moves any more. */
  async quiet(ms = 20_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await this.settle()
      this.actor.clock.advance(500)
    }
    await this.settle()
  }

  async end(): Promise<void> {
    this.pool.finish(this.order)
    await this.actor.drain()
    this.pool.finish(this.order)
    await this.actor.settle()
  }
}

test('delivers matches of its own project as they are committed, and nothing else', async () => {
  const world = new World()
  const client = new TailClient()
  world.commit('p', ['red before'])
  world.log.deliver()
  await world.settle()
  world.subscribe(client, 'red')
  world.commit('p', ['red 1', 'blue 2', 'red 3'])
  world.commit('other', ['red of another'])
  world.commit('p', ['red 4'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1', 'red 3', 'red 4'])
  assert.equal(client.frames[0]?.type, 'hello')
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('a project without subscribers is no work at all', async () => {
  const world = new World()
  world.subscribe(new TailClient(), 'red', 'other')
  for (let i = 0; i < 50; i++) world.commit('p', ['red'])
  await world.quiet(1_000)
  assert.equal(world.pool.ran, 0)
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('equal filters of several sockets are one task and one answer', async () => {
  const world = new World()
  const clients = [new TailClient(), new TailClient(), new TailClient()]
  for (const client of clients) world.subscribe(client, 'red')
  world.commit('p', ['red 1'])
  await world.quiet(1_000)
  assert.equal(world.pool.ran, 1)
  for (const client of clients) assert.deepEqual(client.messages, ['red 1'])
  await world.end()
})

test('the first match leaves at once; what follows closely leaves together', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.actor.clock.advance(1_000)
  world.commit('p', ['red 1'])
  await world.settle()
  assert.deepEqual(client.messages, ['red 1'])
  for (let i = 2; i < 6; i++) {
    world.commit('p', [`red ${i}`])
    await world.settle()
  }
  assert.deepEqual(client.messages, ['red 1'])
  world.actor.clock.advance(25)
  assert.deepEqual(client.messages, ['red 1', 'red 2', 'red 3', 'red 4', 'red 5'])
  assert.equal(client.frames.filter(({ type }) => type === 'rows').length, 2)
  await world.end()
})

test('idle frames keep the token fresh and prove the connection', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.commit('other', ['blue'])
  await world.quiet(2_000)
  const token = decodeTailToken(client.token ?? '')
  assert.ok(token?.positions.equals(world.log.end()))
  const before = client.frames.length
  await world.quiet(40_000)
  const idle = client.frames.slice(before)
  assert.ok(idle.length >= 2 && idle.length <= 4, `${idle.length} frames in 40 s`)
  assert.ok(idle.every(({ type }) => type === 'idle'))
  await world.end()
})

test('a token from the middle of a batch goes on with the next record of it', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  client.isFast = false
  const messages = Array.from({ length: 900 }, (_, n) => `red ${n} ${'x'.repeat(300)}`)
  world.commit('p', messages)
  await world.quiet(1_000)
  client.read(2)
  assert.ok(client.messages.length > 0 && client.messages.length < 900)
  client.lose()
  client.isFast = true
  world.tell({ type: 'unsubscribe', id })
  world.subscribe(client, 'red')
  await world.quiet(1_000)
  assert.deepEqual(client.messages, messages)
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('a slow reader loses the oldest rows and is told how many', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  client.isFast = false
  const sent: string[] = []
  for (let batch = 0; batch < 40; batch++) {
    const messages = Array.from({ length: 200 }, (_, n) => `red ${batch}-${n} ${'x'.repeat(500)}`)
    sent.push(...messages)
    world.commit('p', messages)
    await world.quiet(500)
  }
  assert.ok(client.mostWaiting < 1024 * 1024)
  client.isFast = true
  client.read(Number.POSITIVE_INFINITY)
  await world.quiet(1_000)
  assert.ok(client.dropped > 0)
  assert.equal(client.messages.length + client.dropped, sent.length)
  assert.deepEqual(client.messages.at(-1), sent.at(-1))
  assert.deepEqual(
    client.messages,
    sent.filter(message => client.messages.includes(message)),
  )
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('of too many matches in one batch the newest arrive, the others are counted', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  const messages = Array.from({ length: 5_000 }, (_, n) => `red ${n}`)
  world.commit('p', messages)
  await world.quiet(1_000)
  assert.equal(client.messages.length + client.dropped, 5_000)
  assert.deepEqual(client.messages, messages.slice(-client.messages.length))
  assert.equal(client.frames.find(({ type }) => type === 'dropped')?.type, 'dropped')
  await world.end()
})

test('a resumed reader that keeps up gets all of a long backlog', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  await world.quiet(1_000)
  world.tell({ type: 'unsubscribe', id })
  const sent: string[] = []
  for (let batch = 0; batch < 10; batch++) {
    const messages = Array.from({ length: 3_000 }, (_, n) => `red ${batch}-${n}`)
    sent.push(...messages)
    world.commit('p', messages)
  }
  world.subscribe(client, 'red')
  await world.quiet(8_000)
  assert.equal(client.dropped, 0)
  assert.deepEqual(client.messages, sent)
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('a token that the log has passed is told as a gap in receipt time', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  world.commit('p', ['red 1'])
  const times = [world.receivedAtUs]
  await world.quiet(2_000)
  world.tell({ type: 'unsubscribe', id })
  for (let n = 2; n < 8; n++) {
    world.commit('p', [`red ${n}`])
    times.push(world.receivedAtUs)
  }
  await world.quiet(1_000)
  world.log.trim(5)
  world.subscribe(client, 'red')
  await world.quiet(2_000)
  assert.deepEqual(client.messages, ['red 1', 'red 6', 'red 7'])
  assert.equal(client.gaps.length, 1)
  const [gap] = client.gaps
  assert.equal(gap?.from, formatTime(times[0] ?? 0))
  assert.equal(gap?.to, formatTime(times[5] ?? 0))
  await world.end()
})

test('a token beyond the end of the log is told as a gap until now, then it is live', async () => {
  const world = new World()
  const client = new TailClient()
  world.commit('p', ['red 0'])
  const filter = filterOf('red')
  const after = placeOf({
    positions: Positions.at(1e9),
    receivedAtUs: world.receivedAtUs - 5_000,
  })
  world.tell({ type: 'subscribe', id: 'x', projectId: 'p', filter, after, subscriber: client })
  await world.quiet(1_000)
  world.commit('p', ['red 1'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1'])
  assert.equal(client.gaps.length, 1)
  await world.end()
})

test('a new filter goes on from what the reader has', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  world.commit('p', ['red 1', 'blue 1'])
  await world.quiet(1_000)
  world.commit('p', ['red 2', 'blue 2'])
  world.log.deliver()
  world.tell({ type: 'filter', id, filter: filterOf('blue') })
  await world.quiet(1_000)
  world.commit('p', ['red 3', 'blue 3'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1', 'blue 2', 'blue 3'])
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('a paused reader gets nothing, costs nothing, and goes on where it stopped', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  world.commit('p', ['red 1'])
  await world.quiet(1_000)
  world.tell({ type: 'pause', id })
  const { ran } = world.pool
  world.commit('p', ['red 2'])
  await world.quiet(1_000)
  assert.equal(world.pool.ran, ran)
  world.tell({ type: 'resume', id })
  world.commit('p', ['red 3'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1', 'red 2', 'red 3'])
  await world.end()
})

test('a reading that finds nothing moves the token to the end of the log all the same', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.commit('p', ['red 1'])
  await world.quiet()
  for (let batch = 0; batch < 5; batch++) world.commit('other', ['red of another'])
  await world.kill()
  world.subscribe(client, 'red')
  await world.quiet()
  const place = decodeTailToken(client.token as string)
  assert.ok(place?.positions.coversAll(world.log.end()))
  world.log.trim(6)
  await world.kill()
  world.subscribe(client, 'red')
  await world.quiet()
  assert.deepEqual([client.gaps, client.messages], [[], ['red 1']])
})

test('a token never runs ahead of batches that are still looked at', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  await world.quiet(1_000)
  world.commit('p', ['red 1'])
  world.commit('other', ['red of another'])
  world.log.deliver()
  for (let second = 0; second < 20; second++) {
    await world.actor.settle()
    world.actor.clock.advance(1_000)
  }
  assert.deepEqual(client.messages, [])
  world.tell({ type: 'unsubscribe', id })
  await world.settle()
  world.subscribe(client, 'red')
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1'])
})

test('what was read for a filter that is no more is given back', async () => {
  const world = new World()
  const client = new TailClient()
  const id = world.subscribe(client, 'red')
  await world.quiet(1_000)
  world.tell({ type: 'pause', id })
  for (let batch = 0; batch < 5; batch++) world.commit('p', [`red ${batch} blue`])
  await world.settle()
  world.tell({ type: 'resume', id })
  world.tell({ type: 'filter', id, filter: filterOf('blue') })
  await world.quiet(1_000)
  assert.equal(client.messages.length, 5)
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('what is committed while too much is looked at is read later, also by those who read', async () => {
  const world = new World()
  const [busy, late] = [new TailClient(), new TailClient()]
  world.subscribe(busy, 'red')
  await world.settle()
  for (let batch = 0; batch < 64; batch++) world.commit('p', [`red ${batch}`])
  world.log.deliver()
  // Its reading has seen the end of the log before this one, and says so after it.
  world.subscribe(late, 'red')
  world.commit('p', ['red last'])
  world.log.deliver()
  await world.quiet()
  assert.equal(busy.messages.length, 65)
  assert.deepEqual(late.messages, ['red last'])
})

test('more live batches than wait behind a reading are read after it', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  await world.quiet(1_000)
  const id = 's1'
  world.tell({ type: 'pause', id })
  for (let batch = 0; batch < 300; batch++) world.commit('p', [`red ${batch}`])
  world.log.deliver()
  world.tell({ type: 'resume', id })
  for (let batch = 300; batch < 400; batch++) {
    await world.actor.settle()
    world.commit('p', [`red ${batch}`])
    world.log.deliver()
    world.pool.finish(() => 0)
  }
  await world.quiet()
  assert.deepEqual(
    client.messages,
    Array.from({ length: 400 }, (_, batch) => `red ${batch}`),
  )
})

test('a socket whose subscribing the tail fails on is closed, so that it comes back', () => {
  const world = new World()
  const client = new TailClient()
  world.log.end = () => {
    throw new Error('a bug')
  }
  assert.throws(() => world.subscribe(client, 'red'), /a bug/)
  assert.equal(client.closedWith, 'the tail failed')
  assert.deepEqual(client.frames, [])
})

test('a thread that dies costs nothing, a batch that always fails ends the socket', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.pool.failures = 2
  world.commit('p', ['red 1'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1'])
  world.pool.failures = 3
  world.commit('p', ['red 2'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1'])
  assert.equal(client.frames.at(-1)?.type, 'error')
  assert.equal(client.closedWith, 'the thread died')
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('threads that are busy for a while delay rows, and nothing else', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.pool.isBusy = true
  for (let n = 0; n < 20; n++) {
    world.commit('p', [`red ${n}`])
    await world.quiet(1_000)
  }
  assert.equal(client.closedWith, null)
  world.pool.isBusy = false
  await world.quiet(5_000)
  assert.deepEqual(
    client.messages,
    Array.from({ length: 20 }, (_, n) => `red ${n}`),
  )
  await world.end()
  assert.equal(world.log.kept, 0)
})

test('a tail that is killed closes its sockets, and they go on in the next one', async () => {
  const world = new World()
  const client = new TailClient()
  world.subscribe(client, 'red')
  world.commit('p', ['red 1'])
  await world.quiet(1_000)
  world.commit('p', ['red 2'])
  await world.kill()
  assert.equal(client.closedWith, 'the tail ended')
  world.subscribe(client, 'red')
  world.commit('p', ['red 3'])
  await world.quiet(1_000)
  assert.deepEqual(client.messages, ['red 1', 'red 2', 'red 3'])
  await world.end()
  assert.equal(world.log.kept, 0)
})

type Step =
  | {
      readonly do: 'commit'
      readonly project: string
      readonly rows: number
      readonly pad: number
      readonly partition: number
    }
  | { readonly do: 'settle' | 'quiet' | 'slow' | 'fast' | 'reconnect' | 'fail' | 'kill' | 'trim' }
  | { readonly do: 'pause' | 'resume' }
  | { readonly do: 'read'; readonly frames: number }
  | { readonly do: 'advance'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      project: fc.constantFrom('p', 'p', 'other'),
      rows: fc.constantFrom(1, 3, 40, 600, 2_500),
      pad: fc.constantFrom(0, 0, 200),
      partition: fc.constantFrom(0, 0, 3),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'quiet' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('slow' as const, 'fast' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reconnect' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('fail' as const, 'kill' as const, 'trim' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      frames: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 25, 1_000, 11_000),
    }),
  },
)

test('delivered, dropped and gaps are exactly what matched, in order and once', async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, fc.infiniteStream(fc.nat({ max: 1_000 })), async (plan, numbers) => {
      await runPlan(plan, () => numbers.next().value ?? 0)
    }),
    { numRuns: 40, includeErrorInReport: true },
  )
})

interface Sent {
  readonly message: string
  readonly receivedAtUs: number
}

async function runPlan(plan: readonly Step[], order: () => number): Promise<void> {
  const world = new World(order)
  const client = new TailClient()
  let id = world.subscribe(client, 'red')
  client.read(Number.POSITIVE_INFINITY)
  const expected: Sent[] = []
  const reconnect = (): void => {
    world.tell({ type: 'unsubscribe', id })
    client.lose()
    client.closedWith = null
    id = world.subscribe(client, 'red')
  }
  for (const one of [...plan, { do: 'fast' as const }]) {
    if (one.do === 'commit') {
      const messages = Array.from({ length: one.rows }, (_, n) => {
        const color = (n + one.rows) % 3 === 0 ? 'blue' : 'red'
        return `${color} ${world.receivedAtUs}-${n} ${'x'.repeat(one.pad)}`
      })
      world.commit(one.project, messages, one.partition)
      const own = one.project === 'p' ? messages.filter(message => message.startsWith('red')) : []
      expected.push(...own.map(message => ({ message, receivedAtUs: world.receivedAtUs })))
    } else if (one.do === 'settle') await world.settle()
    else if (one.do === 'quiet') await world.quiet(2_000)
    else if (one.do === 'slow') client.isFast = false
    else if (one.do === 'fast') {
      client.isFast = true
      client.read(Number.POSITIVE_INFINITY)
    } else if (one.do === 'reconnect') reconnect()
    else if (one.do === 'fail') world.pool.failures = 1
    else if (one.do === 'trim') world.log.trim(2)
    else if (one.do === 'read') client.read(one.frames)
    else if (one.do === 'advance') world.actor.clock.advance(one.ms)
    else if (one.do === 'pause' || one.do === 'resume') world.tell({ type: one.do, id })
    else if (one.do === 'kill') await world.kill()
    if (client.closedWith !== null) reconnect()
  }
  world.tell({ type: 'resume', id })
  await world.quiet()
  await world.end()
  check(client, expected)
  assert.equal(world.log.kept, 0, 'every batch was released')
}

function check(client: TailClient, expected: readonly Sent[]): void {
  const got = new Set(client.messages)
  assert.equal(got.size, client.messages.length, 'no row came twice')
  assert.deepEqual(
    client.messages,
    expected.map(({ message }) => message).filter(message => got.has(message)),
    'rows came in order, and only those that match',
  )
  const missing = expected.filter(({ message }) => !got.has(message))
  const inGaps = missing.filter(({ receivedAtUs }) => isIn(client.gaps, receivedAtUs))
  const others = missing.filter(({ receivedAtUs }) => !isIn(client.gaps, receivedAtUs))
  assert.ok(others.length <= client.dropped, `${others.length} missing, ${client.dropped} told`)
  assert.ok(others.length + inGaps.length >= client.dropped, 'no more were told than are missing')
  for (const { receivedAtUs } of others) {
    assert.ok(isIn(client.droppedRanges, receivedAtUs, true), 'the range tells where to search')
  }
}

function isIn(
  ranges: readonly { from: string; to: string }[],
  timeUs: number,
  isEndIn = false,
): boolean {
  return ranges.some(({ from, to }) => {
    const [fromUs, toUs] = [parseTime(from)?.timeUs ?? 0, parseTime(to)?.timeUs ?? 0]
    return timeUs >= fromUs && (isEndIn ? timeUs <= toUs : timeUs < toUs)
  })
}

test('what a tail does without is told when it changes, and to everyone who comes meanwhile', async () => {
  const world = new World()
  const [early, late] = [new TailClient(), new TailClient()]
  world.subscribe(early, '')
  await world.settle()
  const second = async (): Promise<void> => {
    world.actor.clock.advance(1_000)
    await world.settle()
  }
  const told = ({ frames }: TailClient) =>
    frames.flatMap(frame => (frame.type === 'degraded' ? [frame.troubles] : []))
  await second()
  assert.deepEqual(told(early), [])
  world.troubles = ['hints-away']
  await second()
  await second()
  world.commit('p', ['goes on'])
  await world.settle()
  world.subscribe(late, '')
  await world.settle()
  assert.deepEqual([told(early), told(late)], [[['hints-away']], [['hints-away']]])
  world.troubles = []
  await second()
  assert.deepEqual(told(early), [['hints-away'], []])
  assert.deepEqual(early.messages, ['goes on'])
  const places = early.frames.map(frame => frame.type !== 'error' && decodeTailToken(frame.token))
  assert.ok(places.every(Boolean), 'a place in the log comes with each')
})
