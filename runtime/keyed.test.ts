import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, type Context, defineActor, type Reply } from './actor.ts'
import type { Keyed } from './keyed.ts'
import { ask } from './ref.ts'
import { RESTART_POLICY } from './supervisor.ts'
import type { System } from './system.ts'
import { type Simulation, simulate } from './testing/simulation.ts'

type Message =
  | { readonly type: 'add'; readonly value: number }
  | { readonly type: 'sum'; readonly reply: Reply<number> }
  | { readonly type: 'hold'; readonly until: Promise<void> }
  | { readonly type: 'fail' }

interface Deps {
  readonly key: string
  readonly log: string[]
  readonly saved: Map<string, number>
  /** How long the last words take. */
  readonly stopping: () => Promise<void>
}

/** Sums up what it gets; its last words save the sum for the next incarnation. */
class Account implements Actor<Message> {
  readonly #deps: Deps
  #sum: number

  constructor(_context: Context<Message>, deps: Deps) {
    this.#deps = deps
    this.#sum = deps.saved.get(deps.key) ?? 0
    deps.log.push(`+${deps.key}`)
  }

  receive(message: Message): void | Promise<void> {
    switch (message.type) {
      case 'add':
        this.#sum += message.value
        this.#deps.saved.set(this.#deps.key, this.#sum)
        return
      case 'sum':
        return message.reply(this.#sum)
      case 'hold':
        return message.until
      case 'fail':
        throw new Error(`${this.#deps.key} failed`)
    }
  }

  async stopping(reason: string): Promise<void> {
    this.#deps.log.push(`-${this.#deps.key} ${reason}`)
    await this.#deps.stopping()
  }
}

const account = defineActor({
  name: 'account',
  mailbox: { capacity: 8, whenFull: 'wait' },
  create: (context: Context<Message>, deps: Deps) => new Account(context, deps),
})

interface Bank {
  readonly sim: Simulation
  readonly system: System
  readonly accounts: Keyed<Message, Deps>
  readonly log: string[]
  readonly add: (key: string, value: number) => Promise<void>
  readonly sum: (key: string) => Promise<number>
}

const IDLE_MS = 60_000

async function withBank(
  run: (bank: Bank) => Promise<void>,
  options: {
    readonly actorsMax?: number
    readonly seed?: number
    readonly slowStop?: boolean
  } = {},
): Promise<void> {
  await simulate(options.seed ?? 1, async sim => {
    const server = sim.boot('server', sim.newDisk())
    const system = server.system()
    const log: string[] = []
    const saved = new Map<string, number>()
    const stopping = () => (options.slowStop === true ? sim.sleep(500) : Promise.resolve())
    const restart = { ...RESTART_POLICY, limit: 2 }
    const accounts = system.keyed(account, key => ({ key, log, saved, stopping }), {
      actorsMax: options.actorsMax ?? 10,
      idleMs: IDLE_MS,
      restart,
    })
    await run({
      sim,
      system,
      accounts,
      log,
      add: async (key, value) => accounts.ref(key).tell({ type: 'add', value }),
      sum: key =>
        ask(accounts.ref(key), reply => ({ type: 'sum', reply }), {
          clock: server.clock,
          timeoutMs: 100_000,
        }),
    })
    await system.stop('end of test', 10_000)
    system.assertQuit()
    assert.equal(accounts.size, 0)
  })
}

test('the first message makes the actor of a key, and only that one', async () => {
  await withBank(async ({ accounts, add, sum, log, system }) => {
    const ref = accounts.ref('a')
    assert.equal(ref.address, 'account/a')
    assert.equal(accounts.size, 0)
    await add('a', 1)
    await add('a', 2)
    await add('b', 10)
    assert.equal(await sum('a'), 3)
    assert.equal(await sum('b'), 10)
    assert.deepEqual(log, ['+a', '+b'])
    assert.deepEqual(accounts.keys(), ['a', 'b'])
    assert.deepEqual(
      system.observe().map(({ address }) => address),
      ['account/a', 'account/b'],
    )
  })
})

test('an idle actor goes after its time and comes back with the next message', async () => {
  await withBank(async ({ sim, accounts, add, sum, log }) => {
    await add('a', 5)
    await sim.sleep(IDLE_MS * 0.9)
    assert.equal(accounts.size, 1)
    await sim.sleep(IDLE_MS * 0.5)
    assert.deepEqual(log, ['+a', '-a idle'])
    assert.equal(accounts.size, 0)
    assert.equal(await sum('a'), 5)
    assert.deepEqual(log, ['+a', '-a idle', '+a'])
    assert.equal(accounts.observe()['collected'], 1)
  })
})

test('an actor that is used stays, however long', async () => {
  await withBank(async ({ sim, add, sum, log }) => {
    for (let minute = 0; minute < 100; minute++) {
      await add('a', 1)
      await sim.sleep(IDLE_MS / 2)
    }
    assert.equal(await sum('a'), 100)
    assert.deepEqual(log, ['+a'])
  })
})

test('an actor in the middle of its work is not collected', async () => {
  await withBank(async ({ sim, accounts, log }) => {
    await accounts.ref('a').tell({ type: 'hold', until: sim.sleep(IDLE_MS * 5) })
    await sim.sleep(IDLE_MS * 4)
    assert.deepEqual(log, ['+a'])
    await sim.sleep(IDLE_MS * 4)
    assert.deepEqual(log, ['+a', '-a idle'])
  })
})

test('an actor that keeps something open is asked before it goes', async () => {
  const streams = new Set(['first'])
  const holder = defineActor({
    name: 'holder',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null) => ({
      receive: () => undefined,
      mayRest: () => streams.size === 0,
    }),
  })
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    const holders = system.keyed(holder, () => null, { actorsMax: 1, idleMs: IDLE_MS })
    await holders.ref('a').tell(null)
    await sim.sleep(IDLE_MS * 5)
    assert.equal(holders.size, 1)
    assert.throws(() => void holders.ref('b').tell(null), { code: 'LOGBOY_KEYED_FULL' })
    assert.equal(holders.size, 1)
    streams.clear()
    await sim.sleep(IDLE_MS * 2)
    assert.equal(holders.size, 0)
  })
})

test('a message that comes during the last words is handled by the next incarnation', async () => {
  await withBank(
    async ({ sim, add, sum, log }) => {
      await add('a', 1)
      while (log.length < 2) await sim.sleep(100)
      await add('a', 2)
      assert.equal(await sum('a'), 3)
      assert.deepEqual(log, ['+a', '-a idle', '+a'])
    },
    { slowStop: true },
  )
})

test('one more than allowed is refused; an idle one goes and makes room', async () => {
  await withBank(
    async ({ sim, accounts, add, sum, log }) => {
      await add('a', 1)
      await accounts.ref('b').tell({ type: 'hold', until: sim.sleep(5_000) })
      await sim.sleep(10)
      await assert.rejects(add('c', 1), { code: 'LOGBOY_KEYED_FULL' })
      assert.equal(accounts.ref('c').offer({ type: 'add', value: 1 }), false)
      await sim.sleep(10)
      assert.deepEqual(log, ['+a', '+b', '-a room for others'])
      await add('c', 7)
      assert.equal(await sum('c'), 7)
      await assert.rejects(add('a', 1), { code: 'LOGBOY_KEYED_FULL' })
      assert.equal(accounts.observe()['refused'], 2)
    },
    { actorsMax: 2 },
  )
})

test('a crash of one key touches no other, and its mailbox survives', async () => {
  await withBank(async ({ accounts, add, sum, log, system }) => {
    await add('a', 1)
    await add('b', 1)
    await accounts.ref('a').tell({ type: 'fail' })
    await add('a', 2)
    assert.equal(await sum('b'), 1)
    assert.deepEqual(log, ['+a', '+b'], 'b answers while a is down')
    assert.equal(await sum('a'), 3)
    assert.deepEqual(log, ['+a', '+b', '+a'])
    assert.partialDeepStrictEqual(system.observe(), [
      { address: 'account/a', restarts: 1, lastFault: 'a failed' },
      { address: 'account/b', restarts: 0 },
    ])
  })
})

test('a key that uses up its restarts is removed, and the next message makes it anew', async () => {
  await withBank(async ({ sim, accounts, sum, log }) => {
    for (let crash = 0; crash < 3; crash++) {
      await accounts.ref('a').tell({ type: 'fail' })
      await sim.sleep(1_000)
    }
    assert.equal(accounts.size, 0)
    assert.equal(await sum('a'), 0)
    assert.equal(log.length, 4)
  })
})

test('after the stop of the system no key is made', async () => {
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    const log: string[] = []
    const deps = (key: string): Deps => ({ key, log, saved: new Map(), stopping: async () => {} })
    const accounts = system.keyed(account, deps, { actorsMax: 3, idleMs: 1_000 })
    await accounts.ref('a').tell({ type: 'add', value: 1 })
    await system.stop('SIGTERM', 1_000)
    assert.deepEqual(log, ['+a', '-a SIGTERM'])
    assert.throws(() => void accounts.ref('b').tell({ type: 'fail' }), {
      code: 'LOGBOY_ACTOR_GONE',
    })
    assert.equal(accounts.ref('b').offer({ type: 'fail' }), false)
    assert.equal(sim.clock.pending, 0)
  })
})

test('killing the system ends every key at once', async () => {
  await simulate(1, async sim => {
    const system = sim.boot('server', sim.newDisk()).system()
    const log: string[] = []
    const deps = (key: string): Deps => ({ key, log, saved: new Map(), stopping: async () => {} })
    const accounts = system.keyed(account, deps, { actorsMax: 3, idleMs: 1_000 })
    for (const key of ['a', 'b']) await accounts.ref(key).tell({ type: 'add', value: 1 })
    system.kill('power')
    system.assertQuit()
    assert.deepEqual(log, ['+a', '+b'])
  })
})

test('under every seed no message is lost between collections and crashes', async () => {
  for (let seed = 0; seed < 30; seed++) {
    await withBank(
      async ({ sim, accounts, add, sum }) => {
        const sent = new Map<string, number>()
        for (let step = 0; step < 60; step++) {
          const key = `k${sim.random.below(5)}`
          if (sim.random.below(20) === 0) await accounts.ref(key).tell({ type: 'fail' })
          await add(key, 1)
          sent.set(key, (sent.get(key) ?? 0) + 1)
          await sim.sleep(sim.random.below(IDLE_MS))
        }
        for (const [key, count] of sent) assert.equal(await sum(key), count)
      },
      { seed, slowStop: true },
    )
  }
})
