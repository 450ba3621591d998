import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { decodeSnapshot, encodeSnapshot, logNameOf } from './window-snapshot.ts'

const positions = Positions.of([
  [0, 7],
  [3, 9],
])
const engine = Uint8Array.of(1, 2, 3)
const nameOf = (identity: string): string => logNameOf('kafka', { identity })

test('a snapshot knows its place in its own log, and none in one that was made anew', () => {
  const saved = encodeSnapshot(nameOf('a'), { positions, engine })
  assert.deepEqual(decodeSnapshot(saved, nameOf('a')), { positions, engine })
  assert.deepEqual(decodeSnapshot(saved, nameOf('b')), { positions: null, engine })
  assert.deepEqual(decodeSnapshot(saved, logNameOf('journal', { identity: '' })), {
    positions: null,
    engine,
  })
})

test('where no identity is told, or none was, the place stays', () => {
  for (const [before, now] of [
    ['', 'a'],
    ['a', ''],
    ['', ''],
  ] as const) {
    const saved = encodeSnapshot(nameOf(before), { positions, engine })
    assert.deepEqual(decodeSnapshot(saved, nameOf(now))?.positions, positions)
  }
})
