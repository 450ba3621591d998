import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BodyMemory } from './body-memory.ts'

describe('memory of bodies', () => {
  test('what was given back is taken again, once', () => {
    const memory = new BodyMemory()
    assert.equal(memory.take(), null)
    const buffer = new ArrayBuffer(1_000)
    memory.giveBack(new Uint8Array(buffer, 0, 10))
    assert.equal(memory.take(), buffer)
    assert.equal(memory.take(), null)
  })

  test('nothing is kept once it is released, nor what is far too large', () => {
    const memory = new BodyMemory()
    const [kept, large] = [new ArrayBuffer(1_000), new ArrayBuffer(17 * 1024 * 1024)]
    memory.giveBack(new Uint8Array(large))
    assert.equal(large.byteLength, 0)
    memory.giveBack(new Uint8Array(kept))
    memory.release()
    assert.equal(kept.byteLength, 0)
    assert.equal(memory.take(), null)
  })
})
