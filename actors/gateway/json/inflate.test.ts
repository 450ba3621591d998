import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import fc from 'fast-check'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { inflate } from './inflate.ts'

/** Brotli's default takes two seconds for a bomb. */
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }

/** Whether a body may be several packed ones in a row, which only some formats know. */
const PACKINGS = [
  { name: 'gzip', encoding: 'gzip', pack: gzipSync, joins: true },
  { name: 'zstd', encoding: 'zstd', pack: zstdCompressSync, joins: true },
  { name: 'deflate', encoding: 'deflate', pack: deflateSync, joins: false },
  { name: 'raw deflate', encoding: 'deflate', pack: deflateRawSync, joins: false },
  {
    name: 'br',
    encoding: 'br',
    pack: (bytes: Uint8Array) => brotliCompressSync(bytes, quick),
    joins: false,
  },
] as const

for (const { name, encoding, pack, joins } of PACKINGS) {
  test(`${name}: what was packed comes out again, in one part or several`, () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 2_000 }), {
      minLength: 1,
      maxLength: joins ? 4 : 1,
    })
    fc.assert(
      fc.property(parts, plain => {
        const packed = Buffer.concat(plain.map(part => pack(part)))
        const result = inflate(packed, encoding)
        assert(result.type === 'body')
        assert.deepEqual(Buffer.from(result.bytes), Buffer.concat(plain))
      }),
    )
  })

  test(`${name}: a body that was cut anywhere is damaged, never shorter`, () => {
    const text = Array.from({ length: 300 }, (_, n) => `line ${n * 7919}`).join('\n')
    const packed = pack(Buffer.from(text))
    for (let length = 0; length < packed.length; length++) {
      assert.equal(inflate(packed.subarray(0, length), encoding).type, 'damaged', `${length} bytes`)
    }
  })

  test(`${name}: a bomb is too large, and a body of exactly the limit is not`, () => {
    assert.equal(inflate(pack(Buffer.alloc(BODY_BYTES_MAX)), encoding).type, 'body')
    assert.equal(inflate(pack(Buffer.alloc(BODY_BYTES_MAX + 1)), encoding).type, 'too-large')
    if (!joins) return
    const half = pack(Buffer.alloc(BODY_BYTES_MAX / 2 + 1))
    assert.equal(inflate(Buffer.concat([half, half]), encoding).type, 'too-large')
  })

  test(`${name}: what follows the packed body is damage, never passed over`, () => {
    const packed = pack(Buffer.from('{"message":"first"}'))
    const followed = Buffer.concat([packed, Buffer.from('{"message":"second"}')])
    assert.equal(inflate(followed, encoding).type, 'damaged')
  })

  test(`${name}: whatever bytes come are a body, damaged or too large, and never throw`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        inflate(bytes, encoding)
        inflate(Buffer.concat([pack(Buffer.from('x')), bytes]), encoding)
      }),
    )
  })
}

test('a plain body over the limit is too large', () => {
  assert.equal(inflate(new Uint8Array(BODY_BYTES_MAX), 'identity').type, 'body')
  assert.equal(inflate(new Uint8Array(BODY_BYTES_MAX + 1), 'identity').type, 'too-large')
})

test('a skippable zstd frame is skipped', () => {
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const result = inflate(Buffer.concat([skippable, zstdCompressSync('hello')]), 'zstd')
  assert(result.type === 'body')
  assert.equal(Buffer.from(result.bytes).toString(), 'hello')
})
