import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ask,
  type Context,
  defineActor,
  type Ref,
  type Reply,
  type RestartPolicy,
  System,
  systemClock,
  systemRandom,
} from './index.ts'
import { nextRound } from './scheduler.ts'
import { type Simulation, simulate } from './testing/simulation.ts'

type StageMessage =
  | { readonly type: 'batch'; readonly rows: number; readonly done: Reply<number> }
  | { readonly type: 'fail' }

interface StageDeps {
  readonly name: string
  readonly log: string[]
  readonly next: Ref<StageMessage> | undefined
}

/** Passes batches on; the last stage answers. */
const stage = defineActor({
  name: 'stage',
  mailbox: { capacity: 2, whenFull: 'wait' },
  create: (_context: Context<StageMessage>, { name, log, next }: StageDeps) => ({
    async receive(message: StageMessage) {
      if (message.type === 'fail') throw new Error(`${name} failed`)
      if (next === undefined) message.done(message.rows)
      else await next.tell(message)
    },
    stopping: (reason: string) => void log.push(`${name}: ${reason}`),
  }),
})

const RESTART: RestartPolicy = { limit: 2, windowMs: 60_000, backoffMinMs: 100, backoffMaxMs: 100 }

function pipeline(sim: Simulation) {
  const server = sim.boot('server', sim.newDisk())
  const escalations: string[] = []
  const system = server.system({
    onEscalation: (group, rootCause) => void escalations.push(`${group}: ${rootCause.message}`),
  })
  const log: string[] = []
  const refs = system.group({ name: 'pipeline', restart: RESTART }, spawn => {
    const store = spawn(stage, { name: 'store', log, next: undefined }, 'store')
    const batcher = spawn(stage, { name: 'batcher', log, next: store }, 'batcher')
    const gateway = spawn(stage, { name: 'gateway', log, next: batcher }, 'gateway')
    return { store, batcher, gateway }
  })
  const send = (rows: number): Promise<number> =>
    ask(refs.gateway, done => ({ type: 'batch', rows, done }), {
      clock: server.clock,
      timeoutMs: 5_000,
    })
  return { ...refs, server, system, log, send, escalations }
}

test('batches go through the stages and the answer comes back inside the message', async () => {
  await simulate(1, async sim => {
    const { system, send } = pipeline(sim)
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(send))
    assert.deepEqual(answers, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    const store = system.observe().find(({ address }) => address === 'store')
    assert.equal(store?.mailbox.accepted, 9)
    assert.equal(system.find('store')?.address, 'store')
    assert.equal(system.find('nobody'), undefined)
    await system.stop('done', 1_000)
    system.assertQuit()
  })
})

test('stopping goes with the data: what is under way arrives, then the stages end in order', async () => {
  for (let seed = 0; seed < 20; seed++) {
    await simulate(seed, async sim => {
      const { system, log, send } = pipeline(sim)
      const answers = Promise.all([1, 2, 3, 4, 5, 6].map(send))
      await system.stop('SIGTERM', 5_000)
      assert.deepEqual(await answers, [1, 2, 3, 4, 5, 6])
      assert.deepEqual(log, ['gateway: SIGTERM', 'batcher: SIGTERM', 'store: SIGTERM'])
      system.assertQuit()
    })
  }
})

test('units stop in reverse order of their start', async () => {
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    const log: string[] = []
    const first = system.spawn(stage, { name: 'sink', log, next: undefined }, { address: 'sink' })
    system.spawn(stage, { name: 'source', log, next: first }, { address: 'source' })
    await system.stop('bye', 1_000)
    assert.deepEqual(log, ['source: bye', 'sink: bye'])
    system.assertQuit()
  })
})

test('what is too slow to stop is killed at the deadline', async () => {
  const stuck = defineActor({
    name: 'stuck',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null) => ({
      receive: () => new Promise<void>(() => undefined),
    }),
  })
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    await system.spawn(stuck, null).tell(null)
    await sim.sleep(1)
    assert.equal(system.observe()[0]?.state, 'busy')
    const fromMs = sim.clock.monotonicMs()
    await system.stop('SIGTERM', 2_000)
    assert.equal(Math.round(sim.clock.monotonicMs() - fromMs), 2_000)
    system.assertQuit()
  })
})

test('a crash in one stage restarts the group; what waited is handled afterwards', async () => {
  await simulate(3, async sim => {
    const { store, system, send, server } = pipeline(sim)
    await store.tell({ type: 'fail' })
    assert.deepEqual(await Promise.all([send(1), send(2), send(3)]), [1, 2, 3])
    assert.equal(server.faults.length, 1)
    assert.deepEqual(
      system.observe().map(({ address, restarts }) => `${address} ${restarts}`),
      ['store 1', 'batcher 1', 'gateway 1'],
    )
    await system.stop('done', 1_000)
  })
})

test('a group that fails too often is escalated with its root cause', async () => {
  await simulate(1, async sim => {
    const { batcher, system, send, escalations } = pipeline(sim)
    for (let crash = 0; crash < 3; crash++) {
      await batcher.tell({ type: 'fail' })
      await sim.sleep(200)
    }
    assert.deepEqual(escalations, ['pipeline: batcher failed'])
    await assert.rejects(send(1), { code: 'LOGBOY_ACTOR_GONE' })
    system.assertQuit()
    await system.stop('done', 1_000)
  })
})

test('two actors cannot have one address', async () => {
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    const deps = { name: 'a', log: [], next: undefined }
    system.spawn(stage, deps)
    assert.throws(() => system.spawn(stage, deps), { code: 'ERR_ASSERTION' })
    system.kill('end')
  })
})

test('a test that leaves actors alive is told which', async () => {
  await simulate(1, async sim => {
    const { system } = pipeline(sim)
    assert.throws(() => system.assertQuit(), /actors are still alive/)
    system.kill('end')
    system.assertQuit()
  })
})

test('a question without an answer times out; the first answer counts', async () => {
  const mute = defineActor({
    name: 'mute',
    mailbox: { capacity: 1, whenFull: 'reject' },
    create: (_context: Context<Reply<number> | null>, _deps: null) => ({
      receive(reply: Reply<number> | null) {
        reply?.(1)
        reply?.(2)
      },
    }),
  })
  await simulate(1, async sim => {
    const { clock } = sim
    const system = sim.boot('server', sim.newDisk()).system()
    const ref = system.spawn(mute, null)
    assert.equal(await ask(ref, (reply: Reply<number>) => reply, { clock, timeoutMs: 50 }), 1)
    assert.equal(clock.pending, 0, 'the timer of an answered question is gone')
    const lost = ask(ref, () => null, { clock, timeoutMs: 50 })
    await assert.rejects(
      ask(ref, () => null, { clock, timeoutMs: 50 }),
      {
        code: 'LOGBOY_MAILBOX_FULL',
      },
    )
    await assert.rejects(lost, { code: 'LOGBOY_ASK_TIMEOUT' })
    await system.stop('done', 1_000)
    await assert.rejects(
      ask(ref, () => null, { clock, timeoutMs: 50 }),
      {
        code: 'LOGBOY_ACTOR_GONE',
      },
    )
  })
})

test('a question whose sender waits for room is refused when the actor ends', async () => {
  await simulate(1, async sim => {
    const { system, store, send } = pipeline(sim)
    await store.tell({ type: 'fail' })
    const asked = Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8, 9].map(send))
    await sim.sleep(10)
    system.kill('power')
    const codes = (await asked).map(outcome =>
      outcome.status === 'rejected' ? (outcome.reason as NodeJS.ErrnoException).code : 'answered',
    )
    assert(codes.includes('LOGBOY_ACTOR_GONE'))
    assert(codes.every(code => code === 'LOGBOY_ACTOR_GONE' || code === 'LOGBOY_ASK_TIMEOUT'))
  })
})

test('on the real clock and event loop it does the same', async () => {
  const faults: string[] = []
  const system = new System({
    clock: systemClock,
    random: systemRandom,
    onFault: fault => void faults.push(fault.error.message),
    onEscalation: () => undefined,
  })
  const log: string[] = []
  const sink = system.spawn(stage, { name: 'sink', log, next: undefined }, { address: 'sink' })
  const source = system.spawn(stage, { name: 'source', log, next: sink }, { address: 'source' })
  const options = { clock: systemClock, timeoutMs: 5_000 }
  const asked = Array.from({ length: 200 }, (_, rows) =>
    ask(source, (done: Reply<number>) => ({ type: 'batch', rows, done }), options),
  )
  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 200 }, (_, rows) => rows),
  )
  await system.stop('done', 5_000)
  system.assertQuit()
  assert.deepEqual([faults, log], [[], ['source: done', 'sink: done']])
})

test('a busy actor lets the event loop breathe between its turns', async () => {
  let handled = 0
  const eager = defineActor({
    name: 'eager',
    mailbox: { capacity: 10_000, whenFull: 'reject' },
    create: (_context: Context<number>, _deps: null) => ({
      receive: () => void handled++,
    }),
  })
  const onFault = (): void => assert.fail('no faults here')
  const system = new System({
    clock: systemClock,
    random: systemRandom,
    onFault,
    onEscalation: onFault,
  })
  const ref = system.spawn(eager, null)
  for (let n = 0; n < 10_000; n++) ref.offer(n)
  let rounds = 0
  for (; handled < 10_000; rounds++) await nextRound()
  assert(rounds > 50, `${rounds} rounds of the event loop`)
  await system.stop('done', 1_000)
})
