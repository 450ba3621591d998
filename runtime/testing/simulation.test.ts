import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ask,
  type Context,
  defineActor,
  type Reply,
  type Task,
  type ThreadManifest,
} from '../index.ts'
import { SimulatedCrash } from './simulated-disk.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { type Simulation, simulate } from './simulation.ts'

type CounterMessage =
  | { readonly type: 'add'; readonly value: number }
  | { readonly type: 'tick' }
  | { readonly type: 'read'; readonly reply: Reply<readonly number[]> }

/** Keeps what it got, in order, and adds a zero every second. */
const counter = defineActor({
  name: 'counter',
  mailbox: { capacity: 4, whenFull: 'wait' },
  create: (context: Context<CounterMessage>, _deps: null) => {
    const values: number[] = []
    const tick = () => void context.timer('tick', 1_000, { type: 'tick' })
    return {
      started: tick,
      receive(message: CounterMessage) {
        if (message.type === 'read') return message.reply([...values])
        values.push(message.type === 'add' ? message.value : 0)
        if (message.type === 'tick') tick()
      },
    }
  },
})

const square: Task = (input: number) => input * input

const manifest: ThreadManifest = {
  tasks: {
    square: async () => square,
    fail: async () => () => {
      throw Object.assign(new Error('cannot'), { code: 'LOGBOY_TEST' })
    },
  },
  services: {
    journal: async () => (options: { path: string }, tools) => {
      const file = tools.disk.open(
        options.path,
        tools.disk.exists(options.path) ? 'update' : 'create',
      )
      return {
        handle(message: number) {
          file.write([Uint8Array.of(message)], file.size())
          file.sync()
          return file.size()
        },
        close: () => file.close(),
      }
    },
  },
}

async function workload(sim: Simulation): Promise<readonly number[]> {
  const server = sim.boot('server', sim.newDisk())
  const system = server.system()
  const ref = system.spawn(counter, null)
  const pool = server.taskPool(manifest, { threads: 2, queueMax: 100 })
  const sender = async (from: number): Promise<void> => {
    for (let n = from; n < from + 10; n++) {
      await ref.tell({ type: 'add', value: await pool.run<number>('square', n) })
    }
  }
  await Promise.all([sender(1), sender(100), sim.sleep(5_500)])
  const read = (reply: Reply<readonly number[]>): CounterMessage => ({ type: 'read', reply })
  const values = await ask(ref, read, { clock: server.clock, timeoutMs: 1_000 })
  await system.stop('done', 1_000)
  system.assertQuit()
  return values
}

test('the same seed gives the same trace and result, another seed another order', async () => {
  const [first, again, other] = [
    await simulate(7, workload),
    await simulate(7, workload),
    await simulate(8, workload),
  ]
  assert.deepEqual(again, first)
  assert.notEqual(other.hash, first.hash)
  const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b)
  assert.deepEqual(sorted(other.result), sorted(first.result))
})

test('seeds reach different orders of what runs concurrently', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    orders.add((await simulate(seed, workload)).result.join())
  }
  assert(orders.size > 10, `${orders.size} orders`)
})

test('the clock jumps: a virtual week of one timer a minute is a moment', async () => {
  const report = await simulate(1, async sim => {
    for (let minute = 0; minute < 7 * 24 * 60 - 1; minute++) await sim.sleep(60_000)
    return sim.clock.monotonicMs()
  })
  assert.equal(report.result, (7 * 24 * 60 - 1) * 60_000)
})

test('a failure names its seed and the virtual time, and keeps the cause', async () => {
  const failing = simulate(42, async sim => {
    await sim.sleep(1_500)
    throw Object.assign(new Error('row lost'), { code: 'LOGBOY_TEST' })
  })
  await assert.rejects(failing, error => {
    assert(error instanceof Error)
    assert.match(error.message, /seed 42 after 1500 virtual ms: row lost/)
    assert.equal((error.cause as { code: string }).code, 'LOGBOY_TEST')
    return true
  })
})

test('a world in which everybody waits for ever is an error', async () => {
  await assert.rejects(
    simulate(1, () => new Promise(() => undefined)),
    /everybody waits/,
  )
})

test('a world that goes on for ever is an error', async () => {
  const endless = simulate(
    1,
    async sim => {
      for (;;) await sim.sleep(1_000)
    },
    { virtualMsMax: 60_000 },
  )
  await assert.rejects(endless, /does not end/)
})

test('the world stands still during real asynchronous work', async () => {
  await simulate(1, async sim => {
    let fired = false
    sim.clock.after(1, () => {
      fired = true
    })
    const { readFile } = await import('node:fs/promises')
    await sim.external(() => readFile(import.meta.filename))
    assert.equal(fired, false)
    await sim.sleep(2)
    assert.equal(fired, true)
  })
})

test('tasks run as many at a time as there are threads, the rest waits or is refused', async () => {
  await simulate(3, async sim => {
    const server = sim.boot('server', sim.newDisk())
    const pool = server.taskPool(manifest, { threads: 2, queueMax: 3 })
    const runs = [1, 2, 3, 4, 5].map(n => pool.run<number>('square', n))
    assert.partialDeepStrictEqual(pool.observe(), { threads: 2, running: 2, waiting: 3 })
    await assert.rejects(pool.run('square', 6), { code: 'LOGBOY_THREAD_BUSY' })
    assert.deepEqual(await Promise.all(runs), [1, 4, 9, 16, 25])
    await assert.rejects(pool.run('fail', 1), { code: 'LOGBOY_TEST', message: 'cannot' })
    await assert.rejects(pool.run('none', 1), { code: 'LOGBOY_TASK_UNKNOWN' })
    pool.failNext('square', new Error('out of luck'))
    await assert.rejects(pool.run('square', 1), /out of luck/)
    assert.equal(await pool.run('square', 2), 4)
  })
})

test('a task is given up by its caller, or lost with its thread', async () => {
  await simulate(3, async sim => {
    const server = sim.boot('server', sim.newDisk())
    const pool = server.taskPool(manifest, { threads: 1, queueMax: 3 })
    const giveUp = new AbortController()
    const running = pool.run('square', 1)
    const waiting = pool.run('square', 2, { signal: giveUp.signal })
    giveUp.abort(new Error('gone away'))
    await assert.rejects(waiting, /gone away/)
    pool.crashThread()
    await assert.rejects(running, { code: 'LOGBOY_THREAD_LOST' })
    assert.equal(pool.observe()['restarts'], 1)
    const last = pool.run('square', 3)
    await pool.close()
    assert.equal(await last, 9)
    await assert.rejects(pool.run('square', 1), { code: 'LOGBOY_THREAD_CLOSED' })
  })
})

test('buffers that are transferred are gone on the sending side', async () => {
  await simulate(1, async sim => {
    const length: Task = (input: ArrayBuffer) => input.byteLength
    const pool = sim
      .boot('server', sim.newDisk())
      .taskPool(
        { tasks: { length: async () => length }, services: {} },
        { threads: 1, queueMax: 1 },
      )
    const buffer = new ArrayBuffer(16)
    const run = pool.run('length', buffer, { transfer: [buffer] })
    assert.equal(buffer.byteLength, 0)
    assert.equal(await run, 16)
  })
})

test('a service answers in order of its calls and ends itself', async () => {
  await simulate(5, async sim => {
    const disk = sim.newDisk()
    const server = sim.boot('server', disk)
    const options = { callsMax: 10 }
    const service = await server.serviceThread(manifest, 'journal', { path: '/j' }, options)
    const answers: number[] = []
    const calls = [1, 2, 3].map(async n => {
      answers.push(await service.call<number>(n))
    })
    await Promise.all(calls)
    assert.deepEqual(answers, [1, 2, 3])
    const last = service.call(4)
    await service.close()
    assert.equal(await last, 4)
    await assert.rejects(service.call(5), { code: 'LOGBOY_THREAD_CLOSED' })
    assert.deepEqual(disk.contents('/j'), Uint8Array.of(1, 2, 3, 4))
  })
})

test('a service that is concurrent overlaps its calls', async () => {
  const slow: ThreadManifest = {
    tasks: {},
    services: {
      slow: async () => (_options: null, tools) => ({
        concurrent: true,
        handle: (ms: number) =>
          new Promise(resolve => {
            tools.clock.after(ms, () => resolve(ms))
          }),
      }),
    },
  }
  await simulate(5, async sim => {
    const server = sim.boot('server', sim.newDisk())
    const service = await server.serviceThread(slow, 'slow', null, { callsMax: 10 })
    const answers: number[] = []
    await Promise.all(
      [900, 300, 600].map(async ms => {
        answers.push(await service.call<number>(ms))
      }),
    )
    assert.deepEqual(answers, [300, 600, 900])
    assert(sim.clock.monotonicMs() < 1_000)
  })
})

test('a service thread that dies takes its open calls with it and tells its owner', async () => {
  await simulate(5, async sim => {
    const server = sim.boot('server', sim.newDisk())
    const lost: string[] = []
    const service = await server.serviceThread(
      manifest,
      'journal',
      { path: '/j' },
      {
        callsMax: 1,
        onLost: error => lost.push(error.message),
      },
    )
    const call = service.call(1)
    await assert.rejects(service.call(2), { code: 'LOGBOY_THREAD_BUSY' })
    service.crash()
    await assert.rejects(call, { code: 'LOGBOY_THREAD_LOST' })
    await assert.rejects(service.call(3), { code: 'LOGBOY_THREAD_LOST' })
    assert.deepEqual(lost, ['thread crashed'])
  })
})

/** Appends numbers until the process dies; answers those that were acknowledged. */
async function appendUntilDeath(server: SimulatedProcess): Promise<number[]> {
  const acknowledged: number[] = []
  const service = await server.serviceThread(manifest, 'journal', { path: '/d/j' }, { callsMax: 1 })
  const append = async (): Promise<void> => {
    for (let n = 1; n < 200; n++) {
      await service.call(n)
      acknowledged.push(n)
    }
  }
  await Promise.race([append(), server.ended])
  return acknowledged
}

test('after a power loss everything acknowledged is there, whatever the seed', async () => {
  for (let seed = 0; seed < 50; seed++) {
    await simulate(seed, async sim => {
      const disk = sim.newDisk()
      disk.put('/d/j', new Uint8Array(0))
      disk.crashAt(1 + sim.random.below(300))
      const acknowledged = await appendUntilDeath(sim.boot('server', disk))
      assert(disk.crashed)
      sim.boot('server', disk)
      assert.deepEqual([...disk.contents('/d/j')].slice(0, acknowledged.length), acknowledged)
    })
  }
})

test('a dead process does nothing more: no timers, no turns, no disk', async () => {
  await simulate(1, async sim => {
    const disk = sim.newDisk()
    const server = sim.boot('server', disk)
    let fired = false
    const marker = defineActor({
      name: 'marker',
      mailbox: { capacity: 1, whenFull: 'wait' },
      create: (_context: Context<null>, _deps: null) => ({
        receive() {
          fired = true
        },
      }),
    })
    const ref = server.system().spawn(marker, null)
    await sim.sleep(1)
    server.clock.after(10, () => {
      fired = true
    })
    void ref.tell(null)
    server.kill()
    await server.ended
    server.clock.after(10, () => {
      fired = true
    })
    await sim.sleep(10_000)
    assert.equal(fired, false)
    assert.equal(server.alive, false)
    assert.throws(() => server.disk.exists('/'), SimulatedCrash)
    assert.equal(sim.boot('server', disk).disk.exists('/'), true)
  })
})

test('losing power ends the process and leaves the disk to the next boot', async () => {
  await simulate(1, async sim => {
    const disk = sim.newDisk()
    const server = sim.boot('server', disk)
    server.disk.makeFolder('/d')
    server.losePower()
    await server.ended
    assert(disk.crashed)
    assert.equal(sim.boot('server', disk).disk.exists('/d'), true)
  })
})

test('an escalation fails the simulation unless somebody asked for it', async () => {
  const failing = defineActor({
    name: 'failing',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null) => ({
      receive() {
        throw new Error('always')
      },
    }),
  })
  const restart = { limit: 0, windowMs: 1_000, backoffMinMs: 1, backoffMaxMs: 1 }
  const run = (asked: boolean) => async (sim: Simulation) => {
    const causes: string[] = []
    const hooks = {
      onEscalation: (group: string, error: Error) => void causes.push(`${group}: ${error.message}`),
    }
    const server = sim.boot('server', sim.newDisk())
    await server
      .system(asked ? hooks : {})
      .spawn(failing, null, { restart })
      .tell(null)
    await sim.sleep(10)
    assert.equal(server.faults.length, 1)
    return causes
  }
  await assert.rejects(simulate(1, run(false)), /always/)
  assert.deepEqual((await simulate(1, run(true))).result, ['failing: always'])
})
