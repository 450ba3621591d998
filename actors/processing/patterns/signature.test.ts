import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { TextColumn } from '#proto/columns.ts'
import { MESSAGE_BYTES_MAX } from '#proto/limits.ts'
import { ITEMS_MAX, SCANNED_BYTES_MAX } from './message-items.ts'
import { patternOfText } from './pattern-ids.ts'
import { parsePattern, patternOf, signMessages } from './signature.ts'
import { templateOf, templateOfText } from './template.ts'
import { LOOK_ALIKES } from './testing/look-alikes.ts'

/** Ids of version 1. When one of these changes, PATTERNS_VERSION has to. */
const GOLDEN: readonly (readonly [message: string, id: number, template: string])[] = [
  ['', 536_072_048_082_945, ''],
  ['order placed', 308_201_210_644_108, 'order placed'],
  ['Order placed', 432_932_816_504_376, 'Order placed'],
  [
    'order 4711 placed for user 17 in 23 ms',
    372_415_871_779_247,
    'order <*> placed for user <*> in <*>',
  ],
  ['GET /api/v1/orders/17?page=2 HTTP/1.1 200', 487_516_863_033_030, 'GET <*>'],
  [
    'time=2026-01-02T03:04:05Z level=info msg="user signed in" user=ann',
    494_215_424_018_315,
    'time=<*> level=<*> msg="user signed in" user=<*>',
  ],
  ['{"msg":"cache filled","items":12}', 436_386_444_817_695, '{"msg":"cache filled","items":<*>}'],
  [
    'Jan  2 03:04:05 web-1 sshd[77]: session opened for user root by (uid=0)',
    347_703_723_263_458,
    '<*> sshd[<*>]: session opened for user <*> by (uid=<*>)',
  ],
  [
    '2026-01-02 03:04:05,678 INFO [worker-3] app.Cache: miss for key:abc/17',
    381_069_614_600_926,
    '<*> INFO [<*>] app.Cache: miss for key:<*>',
  ],
  ["can't open 'data.txt' in C:\\Temp\\a", 528_329_366_531_422, "can't open '<*>' in <*>"],
  ['größer als 5 Äpfel, 错误 7', 285_464_959_049_754, 'größer als <*> Äpfel, 错误 <*>'],
  [
    'java.io.IOException: Broken pipe at a.b.C(C.java:17)',
    351_714_631_633_195,
    'java.io.IOException: Broken pipe at a.b.C(<*>)',
  ],
  ['==== begin ====', 364_665_476_810_491, '==== begin ===='],
]

test('ids and templates of a version never change', () => {
  for (const [message, id, template] of GOLDEN) {
    assert.deepEqual([patternOfText(message), templateOfText(message)], [id, template], message)
  }
})

describe('what one statement of a program writes is one pattern', () => {
  for (const [kind, groups] of Object.entries(LOOK_ALIKES)) {
    test(kind, () => {
      const known = new Map<number, readonly string[]>()
      for (const lines of groups) {
        const ids = new Set(lines.map(patternOfText))
        assert.equal(ids.size, 1, lines.map(templateOfText).join('\n'))
        for (const id of ids) {
          assert.equal(known.get(id), undefined, `not the pattern of ${lines[0]}`)
          known.set(id, lines)
        }
      }
    })
  }
})

const message = fc.oneof(
  fc.constantFrom(...Object.values(LOOK_ALIKES).flat(2)),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(fc.constantFrom('a', '=', ' ', '"', "'", '[', ']', ':', '/', '.', '@', '7', 'ü'), {
      maxLength: 30,
    })
    .map(parts => parts.join('')),
)

function columnOf(messages: readonly string[], indexes: TextColumn['indexes']): TextColumn {
  const bytes = messages.map(text => Buffer.from(text))
  const offsets = new Uint32Array(messages.length + 1)
  for (const [i, each] of bytes.entries()) offsets[i + 1] = (offsets[i] as number) + each.length
  return { heap: Buffer.concat(bytes), offsets, indexes }
}

function idsOf(column: TextColumn, count: number): number[] {
  const pairs = signMessages(column, count)
  return Array.from({ length: count }, (_, row) =>
    patternOf(pairs[2 * row] as number, pairs[2 * row + 1] as number),
  )
}

test('a message has the same id wherever it lies and however its column is made', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), fc.nat(), (messages, seed) => {
      const alone = messages.map(patternOfText)
      assert.deepEqual(idsOf(columnOf(messages, 'each'), messages.length), alone)
      const order = messages.map((_, i) => (i * 7 + seed) % messages.length)
      const column = columnOf(messages, Uint32Array.from(order))
      assert.deepEqual(
        idsOf(column, order.length),
        order.map(i => alone[i]),
      )
      assert.deepEqual(idsOf(columnOf(messages, Uint32Array.of(0)), 1), [alone[0]])
      assert.deepEqual(idsOf(columnOf([messages[0] ?? ''], 'same'), 2), [alone[0], alone[0]])
    }),
  )
})

test('values change nothing, words do', () => {
  fc.assert(
    fc.property(fc.nat(), fc.uuid(), fc.ipV4(), (number, uuid, ip) => {
      const text = `took ${number} ms for ${uuid} from ${ip}`
      assert.equal(patternOfText(text), patternOfText('took 1 s for 0 from 10.0.0.1'))
      assert.notEqual(patternOfText(text), patternOfText(`lost ${text}`))
    }),
  )
})

test('ids are whole positive numbers that a query can name', () => {
  fc.assert(
    fc.property(message, text => {
      const id = patternOfText(text)
      assert.equal(parsePattern(String(id)), id)
    }),
  )
  for (const text of ['', '0', '-1', '01', '1.5', '9007199254740993', 'x']) {
    assert.equal(parsePattern(text), null, text)
  }
})

test('no bytes are too odd, too many or too few', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const { words, texts, between } = templateOf(bytes, 0, bytes.length)
      assert.ok(words.length <= ITEMS_MAX)
      assert.deepEqual([texts.length, between.length], [words.length, words.length + 1])
    }),
  )
  const empty = patternOfText('')
  assert.equal(patternOfText(' \t;;--- '), empty)
  assert.equal(templateOfText(''), '')
  const long = `disk ${'x'.repeat(MESSAGE_BYTES_MAX)}`
  assert.equal(patternOfText(long), patternOfText(long.slice(0, SCANNED_BYTES_MAX)))
  assert.ok(templateOfText('word '.repeat(60_000)).length < SCANNED_BYTES_MAX)
  assert.equal(patternOfText('['.repeat(300_000)), empty)
})
