import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { type DecodedJson, decodeJson } from './decode-json.ts'
import type { BodyEncoding } from './inflate.ts'

function run(body: Uint8Array, encoding: BodyEncoding, hash = false, timeZone = 'UTC') {
  return decodeJson({ body: new Uint8Array(body).buffer, encoding, hash, timeZone })
}

function decoded(result: DecodedJson): Extract<DecodedJson, { type: 'decoded' }> {
  assert(result.type === 'decoded')
  return result
}

const BODY = Buffer.from('{"message":"a"}\n{"time":"soon"}\n{"message":"b"}\n')

test('the same body decodes alike, however it is packed, and has the same hash', () => {
  const plain = decoded(run(BODY, 'identity', true).result)
  assert.equal(plain.accepted, 2)
  assert.deepEqual(plain.rejected, [{ index: 1, reason: 'time is not a time' }])
  assert.deepEqual(Buffer.from(plain.bodySha256 ?? []), createHash('sha256').update(BODY).digest())
  assert.deepEqual(decoded(run(gzipSync(BODY), 'gzip', true).result), plain)
  assert.deepEqual(decoded(run(zstdCompressSync(BODY), 'zstd', true).result), plain)
})

test('hands its batches over instead of copying them', () => {
  const { result, transfer } = run(BODY, 'identity')
  const { chunks, refused, bodySha256 } = decoded(result)
  assert.equal(bodySha256, null)
  assert.deepEqual([...chunks.map(({ batch }) => batch.buffer), refused?.buffer], transfer)
  const [chunk] = chunks
  assert(chunk)
  // Nothing beside the batch is handed over with it.
  assert.equal(chunk.batch.length, chunk.batch.buffer.byteLength)
  assert.equal(openLogBatch(chunk.batch).sdkName, 'http')
})

test('times that name no zone are those of the project', () => {
  const body = Buffer.from('{"time":"2026-07-01 12:00:00"}\n{"time":"2026-07-01T10:00:00Z"}')
  const inZone = (zone: string) => {
    const [chunk] = decoded(run(body, 'identity', false, zone).result).chunks
    return chunk?.times
  }
  const [tenUs, noonUs] = [Date.UTC(2026, 6, 1, 10) * 1_000, Date.UTC(2026, 6, 1, 12) * 1_000]
  assert.deepEqual(inZone('Europe/Berlin'), { minUs: tenUs, maxUs: tenUs })
  assert.deepEqual(inZone('UTC'), { minUs: tenUs, maxUs: noonUs })
})

test('too much, damaged or no JSON is an answer', () => {
  assert.equal(run(Buffer.alloc(BODY_BYTES_MAX + 1), 'identity').result.type, 'too-large')
  assert.equal(run(gzipSync(Buffer.alloc(BODY_BYTES_MAX + 1)), 'gzip').result.type, 'too-large')
  assert.equal(run(BODY, 'zstd').result.type, 'damaged')
  assert.equal(run(Buffer.from('<html>'), 'identity').result.type, 'not-json')
})
