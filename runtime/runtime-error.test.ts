import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packError, RuntimeError, toError, unpackError } from './runtime-error.ts'

test('an error keeps what callers look at when it crosses a thread', () => {
  const error = new RuntimeError('LOGBOY_THREAD_BUSY', 'too many tasks wait')
  const crossed = unpackError(structuredClone(packError(error)))
  assert.equal(crossed.message, error.message)
  assert.equal(crossed.name, 'RuntimeError')
  assert.equal(crossed.stack, error.stack)
  assert.equal((crossed as RuntimeError).code, 'LOGBOY_THREAD_BUSY')
})

test('the chain of causes crosses up to a depth, even if it bites its tail', () => {
  const circle = new Error('a')
  circle.cause = new Error('b', { cause: circle })
  let crossed = unpackError(structuredClone(packError(circle)))
  const messages = [crossed.message]
  while (crossed.cause instanceof Error) {
    crossed = crossed.cause
    messages.push(crossed.message)
  }
  assert.deepEqual(messages, ['a', 'b', 'a', 'b', 'a'])
})

test('fields that cannot be copied stay behind', () => {
  const error = Object.assign(new Error('x'), { row: 7, retry: () => 1, deep: { socket: null } })
  assert.deepEqual(packError(error).fields, { row: 7 })
})

test('whatever was thrown becomes an error', () => {
  const error = new Error('x')
  assert.equal(toError(error), error)
  assert.equal(toError('text').message, 'text')
  assert.equal(toError(undefined).message, 'undefined')
  assert.equal(unpackError(packError('text')).message, 'text')
})
