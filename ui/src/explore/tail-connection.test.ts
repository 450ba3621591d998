import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TailFrame } from '#proto/tail.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { SILENCE_MAX_MS, type SocketEvents, TailConnection } from './tail-connection.ts'

class Line {
  readonly clock = new FakeClock(0)
  readonly sockets: { token: string; events: SocketEvents; closed: boolean }[] = []
  readonly frames: TailFrame[] = []
  readonly statuses: string[] = []
  problem: string | null = null
  readonly connection = new TailConnection({
    clock: this.clock,
    jitter: () => 1,
    open: (token, events) => {
      const socket = { token, events, closed: false }
      this.sockets.push(socket)
      return () => {
        socket.closed = true
      }
    },
    onFrame: frame => this.frames.push(frame),
    onStatus: (status, problem) => {
      this.statuses.push(status)
      this.problem = problem
    },
  })

  get last(): { token: string; events: SocketEvents; closed: boolean } {
    const socket = this.sockets.at(-1)
    assert.ok(socket)
    return socket
  }

  say(frame: TailFrame, socket = this.last): void {
    socket.events.message(JSON.stringify(frame))
  }
}

test('it hands on frames and is open with the first of them', () => {
  const line = new Line()
  line.connection.start('t0')
  assert.equal(line.last.token, 't0')
  line.say({ type: 'hello', token: 't1' })
  assert.deepEqual(line.statuses, ['connecting', 'open'])
  assert.deepEqual(line.frames, [{ type: 'hello', token: 't1' }])
})

test('after a cut it comes back with the last token that it saw', () => {
  const line = new Line()
  line.connection.start('t0')
  line.say({ type: 'idle', token: 't7' })
  line.last.events.closed()
  assert.equal(line.statuses.at(-1), 'waiting')
  line.clock.advance(250)
  assert.equal(line.sockets.length, 2)
  assert.equal(line.last.token, 't7')
})

test('attempts get rarer, up to ten seconds, and frequent again after a success', () => {
  const line = new Line()
  line.connection.start('t0')
  const waits: number[] = []
  for (let attempt = 0; attempt < 8; attempt++) {
    const before = line.sockets.length
    line.last.events.closed()
    let waited = 0
    while (line.sockets.length === before) {
      line.clock.advance(50)
      waited += 50
    }
    waits.push(waited)
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  line.say({ type: 'hello', token: 't1' })
  line.last.events.closed()
  line.clock.advance(250)
  assert.equal(line.sockets.length, 10)
})

test('a silent line is given up', () => {
  const line = new Line()
  line.connection.start('t0')
  line.say({ type: 'hello', token: 't1' })
  line.clock.advance(SILENCE_MAX_MS - 1)
  line.say({ type: 'idle', token: 't2' })
  line.clock.advance(SILENCE_MAX_MS - 1)
  assert.equal(line.sockets.length, 1)
  line.clock.advance(1)
  assert.equal(line.last.closed, true)
  line.clock.advance(250)
  assert.equal(line.sockets.length, 2)
  assert.equal(line.last.token, 't2')
})

test('a socket that was given up is not listened to any more', () => {
  const line = new Line()
  line.connection.start('t0')
  const [old] = line.sockets
  line.last.events.closed()
  line.clock.advance(250)
  line.say({ type: 'idle', token: 'stale' }, old)
  old?.events.closed()
  assert.equal(line.frames.length, 0)
  assert.equal(line.statuses.at(-1), 'connecting')
})

test('a nudge ends the waiting, and does nothing else', () => {
  const line = new Line()
  line.connection.start('t0')
  line.connection.nudge()
  assert.equal(line.sockets.length, 1)
  line.last.events.closed()
  line.connection.nudge()
  assert.equal(line.sockets.length, 2)
  line.clock.advance(20_000)
  assert.equal(line.sockets.length, 2)
})

test('stopping closes the socket and forgets the timers', () => {
  const line = new Line()
  line.connection.start('t0')
  line.connection.stop()
  assert.equal(line.last.closed, true)
  line.clock.advance(100_000)
  assert.equal(line.sockets.length, 1)
  assert.equal(line.statuses.at(-1), 'off')
})

test('what the server complains about is told while waiting', () => {
  const line = new Line()
  line.connection.start('t0')
  line.say({ type: 'error', code: 'LOGBOY_X', detail: 'the project is gone' })
  line.last.events.closed()
  assert.equal(line.problem, 'the project is gone')
})
