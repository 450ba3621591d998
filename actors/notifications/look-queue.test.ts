import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookQueue } from './look-queue.ts'

test('turns come in order, and whose time is over has none and takes none', async () => {
  const queue = new LookQueue(1)
  const forever = new AbortController().signal
  const impatient = new AbortController()
  assert.equal(await queue.take(forever), true)
  const turns: string[] = []
  const wait = (name: string, signal: AbortSignal): Promise<void> =>
    queue.take(signal).then(isMine => void turns.push(`${name} ${isMine}`))
  const waiting = [wait('a', impatient.signal), wait('b', forever), wait('c', forever)]
  impatient.abort()
  await waiting[0]
  assert.equal(await queue.take(impatient.signal), false)
  queue.give()
  await waiting[1]
  queue.give()
  await waiting[2]
  assert.deepEqual(turns, ['a false', 'b true', 'c true'])
  queue.give()
  assert.equal(await queue.take(forever), true, 'nobody waits: it is free again')
})
