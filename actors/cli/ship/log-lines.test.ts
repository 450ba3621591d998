import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { baseName, readLines } from './log-lines.ts'

const read = (...chunks: Buffer[]) => Readable.from(readLines(Readable.from(chunks))).toArray()

test('lines end as on Unix and Windows, and the last one need not end', async () => {
  assert.deepEqual(await read(Buffer.from('one\r\ntwo\n\nthree')), ['one', 'two', '', 'three'])
  assert.deepEqual(await read(Buffer.from('one\n')), ['one'])
  assert.deepEqual(await read(), [])
})

test('only the ends of lines part them: a log may hold other separators', async () => {
  const line = 'a\u2028b\u2029c\u0085d\re'
  assert.deepEqual(await read(Buffer.from(`${line}\n`)), [line])
})

test('a byte order mark is no text', async () => {
  assert.deepEqual(await read(Buffer.from('\ufeff2025-10-23 14:32:15\n')), ['2025-10-23 14:32:15'])
})

test('a packed file is read as what it holds, several packed ones after each other too', async () => {
  const packed = Buffer.concat([gzipSync('one\ntwo\n'), gzipSync('three\n')])
  assert.deepEqual(await read(packed), ['one', 'two', 'three'])
  assert.deepEqual(await read(packed.subarray(0, 1), packed.subarray(1)), ['one', 'two', 'three'])
})

test('a packed file that is cut tells so', async () => {
  await assert.rejects(read(gzipSync('one\n'.repeat(1_000)).subarray(0, 20)), /unexpected end/)
})

test('however the bytes are cut, the lines are the same', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).filter(text => !/[\n\r\ufeff]/.test(text)))
  await fc.assert(
    fc.asyncProperty(texts, fc.boolean(), fc.integer({ min: 1, max: 9 }), async (lines, gz, n) => {
      const plain = Buffer.from(lines.map(line => `${line}\n`).join(''))
      const bytes = gz ? gzipSync(plain) : plain
      const cuts = Array.from({ length: Math.ceil(bytes.length / n) }, (_, at) =>
        bytes.subarray(at * n, (at + 1) * n),
      )
      assert.deepEqual(await read(...cuts), lines)
    }),
  )
})

test('a rotated or packed file has the base name of the one that is written', () => {
  const names = [
    'app.log',
    'app.log.1',
    'app.log.2.gz',
    'app.log.gz',
    'app',
    '.log',
    'my.app.jsonl',
  ]
  assert.deepEqual(names.map(baseName), ['app', 'app', 'app', 'app', 'app', '.log', 'my.app'])
})
