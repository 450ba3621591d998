import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { ExitHooks, type ExitMember } from './exit-hooks.ts'

class FakeProcess extends EventEmitter {
  readonly pid = 7
  readonly kills: string[] = []

  kill(pid: number, signal: string): void {
    this.kills.push(`${pid} ${signal}`)
  }

  listeners_(): number {
    return this.eventNames().reduce((sum, event) => sum + this.listenerCount(event), 0)
  }
}

function made(isFlushed = true) {
  const process = new FakeProcess()
  const rethrown: unknown[] = []
  const hooks = new ExitHooks(process, error => rethrown.push(error))
  const told: unknown[] = []
  let flushes = 0
  let isPending = true
  const member: ExitMember = {
    isPending: () => isPending,
    flush: async () => {
      flushes++
      isPending = !isFlushed
      return isFlushed
    },
    uncaught: error => told.push(error),
    exiting: () => told.push('exiting'),
  }
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  return { process, hooks, member, rethrown, told, settle, flushes: () => flushes }
}

test('before the process ends what is pending is sent, once', async () => {
  const { process, hooks, member, settle, flushes } = made()
  hooks.join(member)
  process.emit('beforeExit')
  await settle()
  process.emit('beforeExit')
  await settle()
  assert.equal(flushes(), 1)
})

test('what cannot be sent does not hold the process up again and again', async () => {
  const { process, hooks, member, settle, flushes } = made(false)
  hooks.join(member)
  for (let i = 0; i < 3; i++) {
    process.emit('beforeExit')
    await settle()
  }
  assert.equal(flushes(), 1)
})

test('a signal kills after the flush, where the application does not handle it', async () => {
  const { process, hooks, member, settle, flushes, told } = made()
  hooks.join(member)
  hooks.join({ ...member })
  process.emit('SIGTERM')
  assert.deepEqual([process.kills, told], [[], []])
  await settle()
  // Who is killed by a signal is not told of the end otherwise.
  assert.deepEqual(told, ['exiting', 'exiting'])
  assert.deepEqual(process.kills, ['7 SIGTERM'])
  assert.equal(flushes(), 2)
  assert.equal(process.listeners_(), 0)
})

test('a signal that the application handles is only a reason to flush', async () => {
  const { process, hooks, member, settle, flushes } = made()
  process.on('SIGTERM', () => {})
  hooks.join(member)
  process.emit('SIGTERM')
  await settle()
  assert.deepEqual(process.kills, [])
  assert.equal(flushes(), 1)
})

test('an uncaught exception becomes a record, and crashes after the flush', async () => {
  const { process, hooks, member, settle, rethrown, told } = made()
  hooks.join(member)
  const error = new Error('boom')
  process.emit('uncaughtException', error)
  assert.deepEqual(told, [error])
  assert.deepEqual(rethrown, [])
  await settle()
  assert.deepEqual(rethrown, [error])
  assert.deepEqual(told, [error, 'exiting'])
})

test('an uncaught exception that the application handles does not crash', async () => {
  const { process, hooks, member, settle, rethrown, told } = made()
  process.on('uncaughtException', () => {})
  hooks.join(member)
  process.emit('uncaughtException', new Error('boom'))
  await settle()
  assert.deepEqual(rethrown, [])
  assert.equal(told.length, 1)
})

test('without loggers there are no listeners', () => {
  const { process, hooks, member } = made()
  const leaveFirst = hooks.join(member)
  const leaveSecond = hooks.join({ ...member })
  assert.equal(process.listeners_(), 5)
  leaveFirst()
  assert.equal(process.listeners_(), 5)
  leaveSecond()
  leaveSecond()
  assert.equal(process.listeners_(), 0)
})

test('at the very end the loggers are told, so that they can do what takes no turn', () => {
  const { process, hooks, member, told } = made()
  const leave = hooks.join(member)
  process.emit('exit')
  assert.deepEqual(told, ['exiting'])
  leave()
  process.emit('exit')
  assert.deepEqual(told, ['exiting'])
})
