import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, type Context, defineActor, type WhenFull } from './actor.ts'
import { seededRandom } from './random.ts'
import { TURN_MESSAGES_MAX, TURN_MS_MAX } from './scheduler.ts'
import { System } from './system.ts'
import { testActor } from './testing/test-actor.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

type Message =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'wait'; readonly until: Promise<void> }
  | { readonly type: 'pipe'; readonly work: Promise<string> }
  | { readonly type: 'timer'; readonly key: string; readonly ms: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'self'; readonly count: number }
  | { readonly type: 'stop' }
  | { readonly type: 'fail' }

/** Writes down all that happens to it. */
class Recorder implements Actor<Message> {
  readonly #context: Context<Message>
  readonly #log: string[]
  #cancel: () => void = () => undefined

  constructor(context: Context<Message>, log: string[]) {
    this.#context = context
    this.#log = log
    context.signal.addEventListener('abort', () => log.push('signal'))
  }

  started(): void {
    this.#log.push('started')
  }

  receive(message: Message): void | Promise<void> {
    switch (message.type) {
      case 'note':
        this.#log.push(message.text)
        return
      case 'wait':
        this.#log.push('waiting')
        return message.until.then(() => void this.#log.push('waited'))
      case 'pipe':
        return this.#context.pipe(
          message.work,
          text => ({ type: 'note', text }),
          error => ({ type: 'note', text: `error ${error.message}` }),
        )
      case 'timer': {
        const { key, ms } = message
        this.#cancel = this.#context.timer(key, ms, { type: 'note', text: `${key} after ${ms}` })
        return
      }
      case 'cancel':
        return this.#cancel()
      case 'self':
        this.#log.push(`self ${message.count}`)
        if (message.count > 1)
          void this.#context.self.tell({ ...message, count: message.count - 1 })
        return
      case 'stop':
        return this.#context.stop('had enough')
      case 'fail':
        throw new Error('bug')
    }
  }

  drained(): void {
    this.#log.push('drained')
  }

  stopping(reason: string): void {
    this.#log.push(`stopping: ${reason}`)
  }

  observe(): Record<string, unknown> {
    return { lines: this.#log.length }
  }
}

function record(capacity = 10, whenFull: WhenFull = 'wait') {
  const log: string[] = []
  const recorder = defineActor({
    name: 'recorder',
    mailbox: { capacity, whenFull },
    create: (context: Context<Message>, deps: { log: string[] }) => new Recorder(context, deps.log),
    crashed: (message, error) => void log.push(`crashed on ${message.type}: ${error.message}`),
  })
  return { actor: testActor(recorder, { log }), log }
}

function note(text: string): Message {
  return { type: 'note', text }
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

test('it starts, handles messages in order and is told when there is nothing left', () => {
  const { actor, log } = record()
  actor.tell(note('a'))
  actor.tell(note('b'))
  assert.deepEqual(log, ['started', 'a', 'drained', 'b', 'drained'])
})

test('a handler that returns a promise holds the next message', async () => {
  const { actor, log } = record()
  const { opened, open } = gate()
  actor.tell({ type: 'wait', until: opened })
  actor.tell(note('next'))
  actor.clock.advance(1_500)
  assert.partialDeepStrictEqual(actor.observe(), { state: 'busy', busyMs: 1_500 })
  assert.equal(log.includes('next'), false)
  open()
  await actor.settle()
  assert.deepEqual(log, ['started', 'waiting', 'waited', 'next', 'drained'])
  assert.partialDeepStrictEqual(actor.observe(), { state: 'idle', busyMs: 0 })
})

test('an asynchronous start holds the first message', async () => {
  const log: string[] = []
  const { opened, open } = gate()
  const slow = defineActor({
    name: 'slow',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<string>, _deps: null) => ({
      started: () => opened.then(() => void log.push('started')),
      receive: (message: string) => void log.push(message),
    }),
  })
  const actor = testActor(slow, null)
  actor.tell('first')
  assert.deepEqual(log, [])
  open()
  await actor.settle()
  assert.deepEqual(log, ['started', 'first'])
})

test('the result of piped work comes back as a message, an error as another', async () => {
  const { actor, log } = record()
  actor.tell({ type: 'pipe', work: Promise.resolve('answer') })
  actor.tell({ type: 'pipe', work: Promise.reject(new Error('refused')) })
  await actor.settle()
  assert.deepEqual(
    log.filter(line => line !== 'drained'),
    ['started', 'answer', 'error refused'],
  )
})

test('piped results go ahead of messages that wait, and need no room', async () => {
  const { actor, log } = record(2)
  const { opened, open } = gate()
  actor.tell({ type: 'pipe', work: opened.then(() => 'result') })
  actor.tell({
    type: 'wait',
    until: opened.then(() => new Promise(resolve => queueMicrotask(resolve))),
  })
  actor.tell(note('a'))
  actor.tell(note('b'))
  open()
  await actor.settle()
  assert.deepEqual(log.slice(2), ['waiting', 'waited', 'result', 'a', 'b', 'drained'])
})

test('a timer fires once; the same key replaces it, and it can be cancelled', () => {
  const { actor, log } = record()
  actor.tell({ type: 'timer', key: 'flush', ms: 100 })
  actor.tell({ type: 'timer', key: 'flush', ms: 200 })
  actor.tell({ type: 'timer', key: 'other', ms: 150 })
  actor.tell({ type: 'cancel' })
  log.length = 0
  actor.clock.advance(1_000)
  assert.deepEqual(log, ['flush after 200', 'drained'])
  assert.equal(actor.clock.pending, 0)
})

test('an actor can send to itself, also more often than a turn is long', () => {
  const { actor, log } = record(1)
  const count = TURN_MESSAGES_MAX * 3
  actor.tell({ type: 'self', count })
  assert.equal(log.filter(line => line.startsWith('self')).length, count)
})

test('stopping itself ends it after the present message, with last words', () => {
  const { actor, log } = record()
  actor.tell({ type: 'timer', key: 'late', ms: 10 })
  actor.tell({ type: 'stop' })
  assert.deepEqual(log.slice(-2), ['stopping: had enough', 'signal'])
  assert.deepEqual(actor.exit(), { type: 'stopped', reason: 'had enough' })
  assert.equal(actor.clock.pending, 0)
  assert.throws(() => actor.tell(note('late')), { code: 'LOGBOY_ACTOR_GONE' })
  assert.equal(actor.ref.offer(note('late')), false)
})

test('draining handles what is there, waits for piped work, then says its last words', async () => {
  const { actor, log } = record()
  const { opened, open } = gate()
  actor.tell({ type: 'pipe', work: opened.then(() => 'result') })
  actor.tell({ type: 'wait', until: opened })
  actor.tell(note('waiting one'))
  const drained = actor.drain('SIGTERM')
  assert.equal(actor.exit(), undefined)
  open()
  await drained
  assert.deepEqual(log.slice(-3), ['drained', 'stopping: SIGTERM', 'signal'])
  assert(log.includes('waiting one') && log.includes('result'))
  assert.deepEqual(actor.exit(), { type: 'done' })
})

test('draining waits for piped work even when nothing else is left', async () => {
  const { actor, log } = record()
  const { opened, open } = gate()
  actor.tell({ type: 'pipe', work: opened.then(() => 'result') })
  await actor.drain('SIGTERM')
  assert.equal(actor.exit(), undefined)
  open()
  await actor.settle()
  assert.deepEqual(log.slice(-4), ['result', 'drained', 'stopping: SIGTERM', 'signal'])
})

test('what an actor sends to itself when it is drained is handled', () => {
  const log: string[] = []
  const restless = defineActor({
    name: 'restless',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (context: Context<number>, _deps: null) => ({
      receive: (left: number) => void log.push(`${left}`),
      drained: () => {
        if (log.length < 3) void context.self.tell(log.length)
        else context.stop('enough')
      },
    }),
  })
  const actor = testActor(restless, null)
  actor.tell(9)
  assert.deepEqual(log, ['9', '1', '2'])
  assert.deepEqual(actor.exit(), { type: 'stopped', reason: 'enough' })
})

test('a turn ends when its time is over, whatever is left', () => {
  const clock = new VirtualClock()
  const ready: (() => void)[] = []
  const slow = defineActor({
    name: 'slow',
    mailbox: { capacity: 10, whenFull: 'reject' },
    create: (_context: Context<number>, _deps: null) => ({
      receive: (ms: number) => clock.advance(ms),
    }),
  })
  const fail = (): never => assert.fail('no faults here')
  const system = new System({
    clock,
    random: seededRandom(1),
    scheduler: { schedule: turn => void ready.push(turn) },
    onFault: fail,
    onEscalation: fail,
  })
  const ref = system.spawn(slow, null)
  for (const ms of [1, 1, TURN_MS_MAX, 1, 1, 1]) ref.offer(ms)
  ready.shift()?.()
  assert.equal(system.observe()[0]?.mailbox.depth, 3)
  ready.shift()?.()
  assert.equal(system.observe()[0]?.mailbox.depth, 0)
  assert.deepEqual(ready, [])
  system.kill('end')
})

test('a timer set after the end is not set', async () => {
  const { opened, open } = gate()
  const late = defineActor({
    name: 'late',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (context: Context<null>, _deps: null) => ({
      receive: () => opened.then(() => void context.timer('late', 10, null)),
    }),
  })
  const actor = testActor(late, null)
  actor.tell(null)
  actor.kill()
  open()
  await actor.settle()
  assert.equal(actor.clock.pending, 0)
})

test('cancelling a timer that was replaced leaves its successor alone', () => {
  let cancelFirst = (): void => undefined
  let fired = 0
  const timers = defineActor({
    name: 'timers',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (context: Context<'set' | 'fired'>, _deps: null) => ({
      started() {
        cancelFirst = context.timer('flush', 10, 'fired')
      },
      receive(message: 'set' | 'fired') {
        if (message === 'fired') fired++
        else void context.timer('flush', 20, 'fired')
      },
    }),
  })
  const actor = testActor(timers, null)
  actor.tell('set')
  cancelFirst()
  actor.clock.advance(20)
  assert.equal(fired, 1)
  actor.tell('set')
  cancelFirst()
  actor.kill()
  assert.equal(actor.clock.pending, 0, 'the successor ends with the actor')
})

test('a failure ends it without last words and names the message', () => {
  const { actor, log } = record()
  assert.throws(() => actor.tell({ type: 'fail' }), /bug/)
  assert.deepEqual(log, ['started', 'crashed on fail: bug', 'signal'])
  assert.equal(actor.exit()?.type, 'failed')
  assert.partialDeepStrictEqual(actor.observe(), { state: 'ended', lastFault: 'bug' })
})

test('a promise that rejects is a failure, too', async () => {
  const { actor, log } = record()
  actor.tell({ type: 'wait', until: Promise.reject(new Error('late bug')) })
  await assert.rejects(actor.settle(), /late bug/)
  assert(log.includes('crashed on wait: late bug'))
})

test('a message that cannot be made from a result is a failure, too', async () => {
  const odd = defineActor({
    name: 'odd',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (context: Context<string>, _deps: null) => ({
      receive(): void {
        const make = (): string => {
          throw new Error('no such message')
        }
        context.pipe(Promise.resolve(1), make, make)
      },
    }),
  })
  const actor = testActor(odd, null)
  actor.tell('go')
  await assert.rejects(actor.settle(), /no such message/)
})

test('killing ends it at once; what comes later for it is counted, not handled', async () => {
  const { actor, log } = record()
  const { opened, open } = gate()
  actor.tell({ type: 'pipe', work: opened.then(() => 'too late') })
  actor.tell({ type: 'wait', until: opened.then(() => Promise.reject(new Error('too late'))) })
  actor.kill('sibling failed')
  assert.deepEqual(actor.exit(), { type: 'killed', reason: 'sibling failed' })
  open()
  await actor.settle()
  assert.deepEqual(log, ['started', 'drained', 'waiting', 'signal'])
  assert.equal(actor.observe().stale, 1)
})

test('it can be observed, even if its own words fail', () => {
  const { actor } = record()
  actor.tell(note('a'))
  assert.deepEqual(actor.observe(), {
    address: 'recorder',
    name: 'recorder',
    state: 'idle',
    busyMs: 0,
    mailbox: {
      depth: 0,
      capacity: 10,
      waiting: 0,
      backPressureMs: 0,
      accepted: 1,
      rejected: 0,
      dropped: 0,
    },
    restarts: 0,
    lastFault: null,
    stale: 0,
    observed: { lines: 3 },
  })
  const mute = defineActor({
    name: 'mute',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null) => ({
      receive: () => undefined,
      observe: () => {
        throw new Error('speechless')
      },
    }),
  })
  assert.deepEqual(testActor(mute, null).observe().observed, { error: 'speechless' })
})

test('an actor that cannot be made fails at its start', () => {
  const impossible = defineActor({
    name: 'impossible',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null): Actor<null> => {
      throw new Error('no folder')
    },
  })
  assert.throws(() => testActor(impossible, null), /no folder/)
})
