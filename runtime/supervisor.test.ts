import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, type Context, defineActor, type Ref } from './actor.ts'
import { KillSwitch } from './kill-switch.ts'
import { seededRandom } from './random.ts'
import { Registry } from './registry.ts'
import { nextRound } from './scheduler.ts'
import { type Fault, type RestartPolicy, Supervisor } from './supervisor.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

type Message = 'note' | 'fail' | 'stop' | 'stop slowly' | `note ${number}`

const RESTART: RestartPolicy = { limit: 3, windowMs: 60_000, backoffMinMs: 100, backoffMaxMs: 300 }

interface StageDeps {
  readonly log: string[]
  readonly name: string
  readonly failOnStart?: () => boolean
  readonly failOnStop?: boolean
}

class Stage implements Actor<Message> {
  readonly #context: Context<Message>
  readonly #deps: StageDeps

  constructor(context: Context<Message>, deps: StageDeps) {
    this.#context = context
    this.#deps = deps
  }

  started(): void {
    this.#deps.log.push(`${this.#deps.name} started`)
    if (this.#deps.failOnStart?.() === true) throw new Error('no checkpoint')
  }

  receive(message: Message): void {
    this.#deps.log.push(`${this.#deps.name} ${message}`)
    if (message === 'fail') throw new Error(`${this.#deps.name} failed`)
    if (message === 'stop' || message === 'stop slowly') this.#context.stop('enough')
  }

  stopping(reason: string): void | Promise<void> {
    this.#deps.log.push(`${this.#deps.name} stopping: ${reason}`)
    if (this.#deps.failOnStop === true) throw new Error('last words failed')
    return nextRound()
  }
}

/** What the definition was told of, over all tests. */
const unhandled: string[] = []

const stage = defineActor({
  name: 'stage',
  mailbox: { capacity: 3, whenFull: 'wait' },
  create: (context: Context<Message>, deps: StageDeps) => new Stage(context, deps),
  crashed: (message, error) => void unhandled.push(`${message}: ${error.message}`),
})

function group(options: { restart?: RestartPolicy; revive?: boolean; parent?: KillSwitch } = {}) {
  const clock = new VirtualClock()
  const registry = new Registry()
  const faults: Fault[] = []
  const ends: (string | undefined)[] = []
  const ready: (() => void)[] = []
  const supervisor = new Supervisor({
    name: 'group',
    machine: { clock, random: seededRandom(1), scheduler: { schedule: turn => ready.push(turn) } },
    registry,
    parent: options.parent ?? new KillSwitch(),
    restart: options.restart ?? RESTART,
    revive: options.revive ?? false,
    onFault: fault => void faults.push(fault),
    onEnd: rootCause => void ends.push(rootCause?.message),
  })
  const run = (): void => {
    for (let turn = ready.shift(); turn !== undefined; turn = ready.shift()) turn()
  }
  const log: string[] = []
  const add = (name: string, deps: Partial<StageDeps> = {}): Ref<Message> =>
    supervisor.spawn(name, stage, { log, name, ...deps })
  const tell = (ref: Ref<Message>, ...messages: Message[]): void => {
    for (const message of messages) void ref.tell(message)
    run()
  }
  /** Lets turns and promises go on until nothing moves. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      run()
      await nextRound()
    }
  }
  return { supervisor, clock, registry, faults, ends, log, add, tell, run, settle }
}

test('when one member fails all are killed, and all start again after the pause, sink first', () => {
  const { clock, log, add, tell, run, faults, registry } = group()
  const sink = add('sink')
  const source = add('source')
  tell(source, 'note')
  tell(sink, 'fail')
  assert.deepEqual(log, ['sink started', 'source started', 'source note', 'sink fail'])
  assert.deepEqual(
    registry.observe().map(({ state }) => state),
    ['ended', 'ended'],
  )
  log.length = 0
  clock.advance(99)
  run()
  assert.deepEqual(log, ['sink started', 'source started'])
  assert.partialDeepStrictEqual(registry.observe(), [
    { address: 'sink', restarts: 1, lastFault: 'sink failed' },
    { address: 'source', restarts: 1, lastFault: null },
  ])
  assert.partialDeepStrictEqual(faults, [
    { address: 'sink', message: 'fail', consequence: { type: 'restart' } },
  ])
})

test('mailboxes survive the restart; the message that failed is not delivered again', () => {
  const { clock, log, add, tell, run } = group()
  const ref = add('sink')
  tell(ref, 'fail', 'note 1')
  tell(ref, 'note 2')
  const waiting = [ref.tell('note 3'), ref.tell('note 4')]
  assert.deepEqual(log, ['sink started', 'sink fail'])
  assert.equal(waiting[0], undefined)
  assert(waiting[1] instanceof Promise, 'back-pressure while it is down')
  log.length = 0
  clock.advance(100)
  run()
  assert.deepEqual(log, [
    'sink started',
    'sink note 1',
    'sink note 2',
    'sink note 3',
    'sink note 4',
  ])
})

test('the pause doubles up to its maximum and varies by its jitter', () => {
  const pauses = (seeds: number): number[][] =>
    Array.from({ length: seeds }, () => {
      const { clock, add, tell, run, faults } = group({ restart: { ...RESTART, limit: 4 } })
      const ref = add('sink')
      for (let round = 0; round < 4; round++) {
        tell(ref, 'fail')
        clock.advance(300)
        run()
      }
      return faults.map(({ consequence }) =>
        consequence.type === 'restart' ? consequence.afterMs : -1,
      )
    })
  const [first] = pauses(1) as [number[]]
  const bounds = [100, 200, 300, 300]
  for (const [index, bound] of bounds.entries()) {
    const pause = first[index] as number
    assert(pause >= bound / 2 && pause <= bound, `pause ${index}: ${pause}`)
  }
})

test('past the limit the first fault of the last round is escalated and mailboxes are closed', () => {
  const { clock, add, tell, run, faults, ends, registry, supervisor } = group()
  const sink = add('sink')
  const source = add('source')
  for (let round = 0; round < 4; round++) {
    tell(sink, 'fail')
    clock.advance(300)
    run()
  }
  assert.deepEqual(
    faults.map(({ consequence }) => consequence.type),
    ['restart', 'restart', 'restart', 'escalate'],
  )
  assert.deepEqual(ends, ['sink failed'])
  assert.equal(supervisor.ended, true)
  assert.equal(registry.size, 0)
  assert.throws(() => void source.tell('note'), { code: 'LOGBOY_ACTOR_GONE' })
})

test('faults outside the window are forgiven', () => {
  const { clock, add, tell, run, ends, faults } = group({ restart: { ...RESTART, limit: 1 } })
  const ref = add('sink')
  for (let round = 0; round < 5; round++) {
    tell(ref, 'fail')
    clock.advance(60_001)
    run()
  }
  assert.equal(faults.length, 5)
  assert.deepEqual(ends, [])
})

test('messages that nobody will handle any more are reported', () => {
  const { add, tell, faults } = group({ restart: { ...RESTART, limit: 0 } })
  const ref = add('sink')
  unhandled.length = 0
  tell(ref, 'fail', 'note 1', 'note 2')
  assert.deepEqual(unhandled, [
    'fail: sink failed',
    'note 1: sink has ended',
    'note 2: sink has ended',
  ])
  assert.deepEqual(
    faults.map(({ error }) => error.message),
    ['sink failed', '2 messages were left'],
  )
  assert.equal((faults[1] as { error: NodeJS.ErrnoException }).error.code, 'LOGBOY_UNDELIVERED')
})

test('a failure at the start counts like every other', () => {
  let failures = 2
  const { clock, add, run, log, faults } = group()
  add('sink', { failOnStart: () => failures-- > 0 })
  add('source')
  run()
  clock.advance(100)
  run()
  clock.advance(200)
  run()
  assert.equal(faults.length, 2)
  assert.equal(log.at(-2), 'sink started')
  assert.equal(log.at(-1), 'source started')
  assert.equal(log.filter(line => line === 'source started').length, 1)
})

test('a member that stops itself is gone for good, the others stay', async () => {
  const { add, tell, settle, ends, registry, log } = group()
  const sink = add('sink')
  const source = add('source')
  tell(source, 'stop')
  await settle()
  assert.throws(() => void source.tell('note'), { code: 'LOGBOY_ACTOR_GONE' })
  tell(sink, 'note')
  assert.equal(log.at(-1), 'sink note')
  assert.equal(registry.size, 1)
  tell(sink, 'stop')
  await settle()
  assert.deepEqual(ends, [undefined])
})

test('with revive, messages that came during the last words start a new incarnation', async () => {
  const { add, tell, settle, log, ends } = group({ revive: true })
  const ref = add('sink')
  tell(ref, 'stop', 'note 1')
  void ref.tell('note 2')
  await settle()
  assert.deepEqual(log, [
    'sink started',
    'sink stop',
    'sink stopping: enough',
    'sink started',
    'sink note 1',
    'sink note 2',
  ])
  assert.deepEqual(ends, [])
})

test('draining goes from the source to the sink, each after all it had', async () => {
  const { supervisor, add, settle, log, ends, registry } = group()
  const sink = add('sink')
  const source = add('source')
  void sink.tell('note 1')
  void source.tell('note 2')
  const drained = supervisor.drain('SIGTERM')
  await settle()
  await drained
  assert.deepEqual(log.slice(2), [
    'sink note 1',
    'source note 2',
    'source stopping: SIGTERM',
    'sink stopping: SIGTERM',
  ])
  assert.deepEqual(ends, [undefined])
  assert.equal(registry.size, 0)
})

test('draining does not wait for the pause of a restart', async () => {
  const { supervisor, add, tell, settle, log } = group()
  const ref = add('sink')
  tell(ref, 'fail', 'note 1')
  const drained = supervisor.drain('SIGTERM')
  await settle()
  await drained
  assert.deepEqual(log.slice(-3), ['sink started', 'sink note 1', 'sink stopping: SIGTERM'])
})

test('a failure in the last words is reported and ends the member', async () => {
  const { supervisor, add, settle, faults, ends } = group()
  add('sink', { failOnStop: true })
  const drained = supervisor.drain('SIGTERM')
  await settle()
  await drained
  assert.equal(faults[0]?.error.message, 'last words failed')
  assert.deepEqual(faults[0]?.consequence, { type: 'none' })
  assert.deepEqual(ends, [undefined])
})

test('killing ends all at once, also while a restart is pending', () => {
  const { supervisor, add, tell, log, ends, clock, run } = group()
  const sink = add('sink')
  add('source')
  tell(sink, 'fail')
  supervisor.kill(new Error('too slow'))
  assert.equal(clock.pending, 0)
  clock.advance(10_000)
  run()
  assert.deepEqual(ends, [undefined])
  assert.equal(log.filter(line => line === 'sink started').length, 1)
  const later = group()
  later.add('sink')
  later.supervisor.kill(new Error('too slow'))
  assert.deepEqual(later.ends, [undefined])
  assert.equal(later.supervisor.ended, true)
})

test('whoever joins a group that has ended gets a ref that is gone', () => {
  const { supervisor, add, ends, registry } = group()
  add('sink')
  supervisor.kill(new Error('over'))
  const late = add('late')
  assert.throws(() => void late.tell('note'), { code: 'LOGBOY_ACTOR_GONE' })
  assert.equal(registry.size, 0)
  assert.equal(ends.length, 1)
})

test('whoever joins while a restart is pending starts with the others', () => {
  const { clock, add, tell, run, log } = group()
  const sink = add('sink')
  tell(sink, 'fail')
  const source = add('source')
  void source.tell('note')
  run()
  assert.equal(log.includes('source started'), false)
  clock.advance(100)
  run()
  assert.deepEqual(log.slice(-3), ['sink started', 'source started', 'source note'])
})

test('what was on its way to an incarnation that ended does not reach the next', async () => {
  const { supervisor, clock, run, settle, registry } = group()
  const log: string[] = []
  const results = new Map<string, () => void>()
  const waiter = defineActor({
    name: 'waiter',
    mailbox: { capacity: 3, whenFull: 'wait' },
    create: (context: Context<string>, _deps: null) => ({
      receive(message: string): void | Promise<void> {
        log.push(message)
        if (message !== 'work') return
        const result = new Promise<void>(resolve => results.set('result', resolve))
        const made = result.then(() => 'result')
        context.pipe(
          made,
          text => text,
          error => error.message,
        )
        void context.timer('timer', 10, 'timer')
        return result.then(nextRound).then(() => Promise.reject(new Error('failed behind')))
      },
    }),
  })
  const ref = supervisor.spawn('waiter', waiter, null)
  void ref.tell('work')
  run()
  clock.advance(10)
  results.get('result')?.()
  await settle()
  assert.equal(registry.observe()[0]?.stale, 2, 'the timer and the result were in the mailbox')
  clock.advance(100)
  void ref.tell('next')
  await settle()
  assert.deepEqual(log, ['work', 'next'])
})

test('a promise of an incarnation that was killed does not disturb the next', async () => {
  const { supervisor, clock, settle, add, tell, registry } = group()
  const gates: { open: () => void; fail: (error: Error) => void }[] = []
  const told: string[] = []
  const held = defineActor({
    name: 'held',
    mailbox: { capacity: 3, whenFull: 'wait' },
    create: (_context: Context<string>, _deps: null) => ({
      receive: () =>
        new Promise<void>((open, fail) => {
          gates.push({ open, fail })
        }),
    }),
    crashed: (message, error) => void told.push(`${message}: ${error.message}`),
  })
  const sibling = add('sibling')
  const ref = supervisor.spawn('held', held, null)
  void ref.tell('first')
  void ref.tell('second')
  await settle()
  tell(sibling, 'fail')
  clock.advance(100)
  await settle()
  gates[0]?.open()
  await settle()
  assert.equal(gates.length, 2)
  assert.equal(registry.observe().find(({ name }) => name === 'held')?.state, 'busy')
  gates[1]?.fail(new Error('bug'))
  await settle()
  assert.deepEqual(told, ['second: bug'])
})
