import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Positions } from '#actors/commit-log/positions.ts'
import type { TailFrame } from '#proto/tail.ts'
import { Outbox } from './outbox.ts'
import { SharedFrames } from './shared-frames.ts'
import { insideEntry, placeOf, type TailPlace } from './tail-place.ts'
import { decodeTailToken, encodeTailToken } from './tail-token.ts'

const START: TailPlace = placeOf({ positions: Positions.NONE, receivedAtUs: 1_000 })

function place(position: number, row = 0): TailPlace {
  const receivedAtUs = 1_000 + position
  const behind = placeOf({ positions: Positions.at(position), receivedAtUs })
  return row === 0 ? behind : insideEntry(behind, { partition: 0, position, receivedAtUs }, row)
}

function frames(outbox: Outbox): TailFrame[] {
  const all: TailFrame[] = []
  for (let text = outbox.takeFrame(); text !== null; text = outbox.takeFrame()) {
    all.push(JSON.parse(text) as TailFrame)
  }
  return all
}

function put(outbox: Outbox, position: number, rows: number, chars = 10): void {
  const text = Array.from({ length: rows }, () => `"${'x'.repeat(chars)}"`).join(',')
  outbox.rows({ text, rows, receivedAtUs: 1_000 + position, place: place(position) })
}

test('joins waiting pieces into frames of at most 500 rows, the token after each', () => {
  const outbox = new Outbox(START, new SharedFrames())
  for (let position = 1; position <= 6; position++) put(outbox, position, 200)
  const all = frames(outbox)
  assert.deepEqual(
    all.map(frame => (frame.type === 'rows' ? frame.rows.length : 0)),
    [400, 400, 400],
  )
  assert.deepEqual(
    all.map(frame => ('token' in frame ? decodeTailToken(frame.token) : null)),
    [place(2), place(4), place(6)],
  )
})

test('full, it drops the oldest rows and tells of all of them in one frame', () => {
  const outbox = new Outbox(START, new SharedFrames(), 5_000)
  for (let position = 1; position <= 20; position++) put(outbox, position, 10, 50)
  assert.ok(outbox.bytes <= 5_000)
  const [first, ...others] = frames(outbox)
  assert(first?.type === 'dropped')
  assert.equal(first.from, '1970-01-01T00:00:00.001001Z')
  const rows = others.reduce(
    (sum, frame) => sum + (frame.type === 'rows' ? frame.rows.length : 0),
    0,
  )
  assert.equal(rows + first.count, 200)
  assert.equal(outbox.droppedTotal, first.count)
})

test('what was looked at without a match moves the place of what waits, or its own', () => {
  const outbox = new Outbox(START, new SharedFrames())
  outbox.cover(place(5))
  assert.deepEqual(outbox.place, place(5))
  put(outbox, 6, 1)
  outbox.cover(place(9))
  assert.deepEqual(outbox.place, place(5))
  assert.deepEqual(outbox.covered, place(9))
  const [frame] = frames(outbox)
  assert(frame?.type === 'rows')
  assert.deepEqual(decodeTailToken(frame.token), place(9))
})

type Act = { readonly rows: number; readonly chars: number } | { readonly left: number } | 'take'

test('delivered and dropped are all that came, in order, and bytes never exceed the bound', () => {
  const act: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ rows: fc.integer({ min: 1, max: 9 }), chars: fc.nat(90) }),
    },
    fc.record({ left: fc.integer({ min: 1, max: 9 }) }),
    fc.constant<Act>('take'),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), acts => {
      const outbox = new Outbox(START, new SharedFrames(), 3_000)
      const got: TailFrame[] = []
      const take = (): void => {
        const frame = outbox.takeFrame()
        if (frame !== null) got.push(JSON.parse(frame) as TailFrame)
      }
      let came = 0
      acts.forEach((one, i) => {
        if (one === 'take') take()
        else if ('left' in one) outbox.dropped(one.left, i, place(i + 1))
        else put(outbox, i + 1, one.rows, one.chars)
        if (one !== 'take') came += 'left' in one ? one.left : one.rows
        assert.ok(outbox.bytes <= 3_000)
      })
      while (!outbox.isEmpty) take()
      const counted = got.reduce((sum, frame) => {
        return (
          sum + (frame.type === 'rows' ? frame.rows.length : 'count' in frame ? frame.count : 0)
        )
      }, 0)
      assert.equal(counted, came)
      const positions = got.map(frame => {
        return 'token' in frame ? (decodeTailToken(frame.token)?.positions.at(0) ?? -1) : -1
      })
      assert.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
      )
      assert.equal(outbox.bytes, 0)
    }),
  )
})

test('tokens read back, and anything else is none', () => {
  const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const partition = fc.nat({ max: 65_535 })
  const pairs = fc.array(fc.tuple(partition, number), { maxLength: 5 })
  const rows = fc.array(fc.tuple(partition, fc.integer({ min: 1, max: 65_535 })), { maxLength: 3 })
  fc.assert(
    fc.property(pairs, rows, number, (positions, inside, receivedAtUs) => {
      const given = { positions: Positions.of(positions), rows: new Map(inside), receivedAtUs }
      const token = encodeTailToken(given)
      assert.match(token, /^[\w-]+$/)
      const read = decodeTailToken(token)
      assert.deepEqual(
        [read?.positions.pairs(), read?.rows.size, read?.receivedAtUs],
        [given.positions.pairs(), given.rows.size, receivedAtUs],
      )
      for (const [at, row] of given.rows) assert.equal(read?.rows.get(at), row)
      assert.equal(decodeTailToken(`${token}A`), null)
      assert.equal(decodeTailToken(token.slice(1)), null)
    }),
  )
  fc.assert(fc.property(fc.string(), text => assert.equal(decodeTailToken(text), null)))
  assert.equal(decodeTailToken(Buffer.alloc(21, 3).toString('base64url')), null)
  assert.equal(decodeTailToken(Buffer.alloc(21, 255).fill(2, 0, 1).toString('base64url')), null)
})
