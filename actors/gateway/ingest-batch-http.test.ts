import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DRIVERS, startTestServer } from '#actors/http/testing/drivers.ts'
import { RawConnection } from '#actors/http/testing/raw-connection.ts'
import { type HttpBatchAnswer, parseBatchAnswer } from '#proto/batch-answer.ts'
import { BATCH_BYTES_MAX, BATCH_MESSAGE_BYTES_MAX } from '#proto/limits.ts'
import { ingestBatchRoute } from './ingest-batch-http.ts'
import { producerOfSender } from './producer-id.ts'
import { type IngestWorldOptions, ingestWorld, KEY, testBatch } from './testing/ingest-world.ts'

for (const driver of DRIVERS) {
  test(`${driver}: a batch is acknowledged once it is in the log, a repeat is stored once`, async t => {
    const { post, log, meter, arena } = await start(t, driver)
    const batch = testBatch(20)
    const ack = { type: 'ack', sequence: 1, rejectedCount: 0, rejected: [] }
    assert.deepEqual(await post(1, batch), [200, ack])
    assert.deepEqual(await post(1, batch), [200, ack])
    assert.deepEqual((await post(2, batch))[1], { ...ack, sequence: 2 })
    const [first] = log.stored
    assert.deepEqual(first?.bytes, batch)
    const producer = producerOfSender('project0aa', 9_007_199_254_740_993n)
    assert.equal(first?.envelope.producer, producer, 'the same as over gRPC')
    assert.equal(first?.envelope.peer, '127.0.0.1')
    assert.deepEqual(
      log.stored.map(({ envelope }) => Number(envelope.sequence)),
      [1, 2],
    )
    assert.deepEqual([meter.records, meter.repeats, meter.ackCount], [40, 1, 3])
    assert.equal(arena.bytesInUse, 0)
  })

  test(`${driver}: half a batch frees its memory, and the next one is taken`, async t => {
    const { post, port, log, arena, server } = await start(t, driver)
    const raw = await RawConnection.open(port)
    const head = Object.entries(headersOf(1)).map(([name, value]) => `${name}: ${value}`)
    raw.send(`POST /ingest/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n`)
    raw.send(`${head.join('\r\n')}\r\n\r\nonly this`)
    raw.end()
    await raw.closed()
    assert.equal((await post(1, testBatch(1)))[0], 200)
    assert.equal(server.observe()['bodyBytes'], 0)
    assert.deepEqual([log.stored.length, arena.bytesInUse], [1, 0])
  })
}

test('a batch that is invalid as a whole is rejected and consumes its number', async t => {
  const { post, log, meter } = await start(t)
  const [status, answer] = await post(1, testBatch(3).subarray(0, 50))
  assert.equal(status, 200)
  assert.ok(answer?.type === 'reject' && answer.sequence === 1)
  assert.equal(meter.batchesRejected, 1)
  const [, again] = await post(1, testBatch(3).subarray(0, 50))
  assert.equal(again?.type, 'reject')
  const next = await post(2, testBatch(3), { 'logboy-first-unacked': '2' })
  assert.equal(next[1]?.type, 'ack')
  const stored = log.stored.map(({ envelope, bytes }) => [envelope.recordCount, bytes.length > 0])
  assert.deepEqual(stored, [
    [0, false],
    [3, true],
  ])
})

test('what is refused of a batch is kept once: bytes of a whole one, records as JSON', async t => {
  const { post, letters, box } = await start(t)
  const damaged = testBatch(3).subarray(0, 50)
  await post(1, damaged)
  await post(1, damaged)
  const bytes = testBatch(2)
  // Severities are stored as they are.
  const at = Buffer.from(bytes).indexOf(Buffer.of(9, 9))
  bytes[at + 1] = 77
  const ack = (await post(2, bytes, { 'logboy-first-unacked': '2' }))[1]
  assert.ok(ack?.type === 'ack' && ack.rejectedCount === 1)
  await box.flush()
  const notes = await letters.list({ limit: 9 })
  assert.deepEqual(
    notes.map(({ source }) => source),
    ['sdk-batch', 'sdk'],
  )
  const [whole, records] = await Promise.all(notes.map(({ id }) => letters.read(id)))
  assert.deepEqual(whole?.bytes, Uint8Array.from(damaged))
  assert.equal(records?.reason, 'record 1: severity 77 is not 0 to 24')
  assert.deepEqual(JSON.parse(Buffer.from(records?.bytes ?? []).toString()), {
    time: '2023-11-14T22:13:20.000001Z',
    level: 'FATAL',
    service: 'service',
    host: 'host',
    message: 'hello 1',
    n: 1,
  })
})

test('a batch is held against the schema of its project', async t => {
  const { post, keys, letters, box } = await start(t)
  const n = { maximum: 1, type: 'integer' }
  const recordSchema = JSON.stringify({ properties: { attributes: { properties: { n } } } })
  keys.add(KEY, { recordSchema })
  const ack = (await post(1, testBatch(3)))[1]
  const reason = 'schema: attributes/n must be <= 1 (maximum)'
  assert.ok(ack?.type === 'ack')
  assert.deepEqual(ack.rejected, [{ index: 2, reason }])
  await box.flush()
  assert.equal((await letters.list({ limit: 9 }))[0]?.reason, `record 2: ${reason}`)
})

test('a batch over its limit is rejected with the reason, one beyond a message is not read', async t => {
  const { post, request, log } = await start(t)
  const [status, answer] = await post(1, new Uint8Array(BATCH_BYTES_MAX + 1))
  assert.equal(status, 200)
  assert.ok(answer?.type === 'reject' && /786433 bytes, at most 786432/.test(answer.reason))
  assert.equal((await post(2, new Uint8Array(BATCH_MESSAGE_BYTES_MAX)))[1]?.type, 'reject')
  assert.equal((await request(3, new Uint8Array(BATCH_MESSAGE_BYTES_MAX + 1))).status, 413)
  assert.deepEqual((await post(3, testBatch(1)))[1]?.type, 'ack')
  assert.equal(log.stored.length, 3)
})

test('a rejection that the log cannot take is no rejection', async t => {
  const { post, log, meter } = await start(t)
  log.unavailable = 'disk-full'
  const [status, answer] = await post(1, testBatch(3).subarray(0, 50))
  assert.deepEqual([status, answer?.type, meter.batchesRejected], [507, 'throttle', 0])
})

test('a gap is answered by where to go on, an unknown producer by a new epoch', async t => {
  const { post } = await start(t)
  assert.deepEqual(await post(8, testBatch(1), { 'logboy-first-unacked': '8' }), [
    409,
    { type: 'epoch_expired' },
  ])
  await post(1, testBatch(1))
  const [status, answer] = await post(3, testBatch(1), { 'logboy-first-unacked': '2' })
  assert.equal(status, 409)
  assert.ok(answer?.type === 'throttle' && answer.fromSequence === 2)
  await post(1, testBatch(1), { 'logboy-epoch': '5' })
  const old = await post(2, testBatch(1), { 'logboy-epoch': '4', 'logboy-first-unacked': '2' })
  assert.deepEqual(old, [409, { type: 'epoch_expired' }])
})

test('what cannot be taken now says why and when, as status, header and answer', async t => {
  const { post, request, log, keys } = await start(t)
  log.unavailable = 'disk-full'
  const full = await request(1, testBatch(1))
  assert.equal(full.status, 507)
  assert.equal(full.headers.get('retry-after'), '1')
  assert.deepEqual(parseBatchAnswer(await full.text()), {
    type: 'throttle',
    fromSequence: 1,
    retryAfterMs: 100,
    reason: 'disk-full',
  })
  log.unavailable = 'log-away'
  assert.equal((await post(1, testBatch(1)))[0], 503)
  log.unavailable = null
  keys.add(KEY, { recordsPerSecond: 1 })
  assert.equal((await post(1, testBatch(5)))[0], 200)
  const over = await request(2, testBatch(5))
  assert.equal(over.status, 429)
  assert.equal(over.headers.get('retry-after'), '4')
  log.bug = new Error('a bug')
  keys.add(KEY)
  const lost = await post(2, testBatch(1))
  assert.deepEqual([lost[0], lost[1]?.type], [503, 'throttle'])
})

test('without memory for it the batch is sent back', async t => {
  const { post, arena, log } = await start(t, 'node', { arenaBytes: 8 * 1024 * 1024 })
  const held = []
  for (let count = 0; count < 5; count++) held.push(arena.allocate(BATCH_BYTES_MAX))
  const large = testBatch(600, 'x'.repeat(1_000))
  const [status, answer] = await post(1, large)
  assert.deepEqual([status, answer?.type], [503, 'throttle'])
  for (const batch of held) batch?.release()
  assert.equal((await post(1, large))[0], 200)
  assert.equal(log.stored.length, 1)
})

test('keys and headers are judged before the body is looked at', async t => {
  const { request, keys } = await start(t)
  keys.add('reader', { scopes: ['read'] })
  const code = async (headers: Record<string, string>): Promise<[number, string]> => {
    const reply = await request(1, testBatch(1), headers)
    return [reply.status, ((await reply.json()) as { code: string }).code]
  }
  assert.deepEqual(await code({ authorization: '' }), [401, 'LOGBOY_KEY_MISSING'])
  assert.deepEqual(await code({ authorization: 'Bearer x' }), [401, 'LOGBOY_KEY_UNKNOWN'])
  assert.deepEqual(await code({ authorization: 'Bearer reader' }), [403, 'LOGBOY_SCOPE_MISSING'])
  assert.deepEqual(await code({ 'logboy-producer': '0' }), [400, 'LOGBOY_BAD_HEADER'])
  assert.deepEqual(await code({ 'logboy-producer': '9223372036854775808' }), [
    400,
    'LOGBOY_BAD_HEADER',
  ])
  assert.deepEqual(await code({ 'logboy-sequence': '1e3' }), [400, 'LOGBOY_BAD_HEADER'])
  assert.deepEqual(await code({ 'logboy-schema': '2' }), [400, 'LOGBOY_BAD_HEADER'])
  keys.away = true
  assert.deepEqual(await code({}), [503, 'LOGBOY_CATALOG_AWAY'])
})

function headersOf(sequence: number): Record<string, string> {
  return {
    authorization: `Bearer ${KEY}`,
    'logboy-producer': '9007199254740993',
    'logboy-epoch': '1',
    'logboy-sequence': String(sequence),
    'logboy-first-unacked': '1',
    'logboy-schema': '1',
  }
}

async function start(
  t: TestContext,
  driver: (typeof DRIVERS)[number] = 'node',
  options: IngestWorldOptions = {},
) {
  const world = ingestWorld(t, options)
  const server = await startTestServer(t, { driver, routes: [ingestBatchRoute(world.deps)] })
  const request = (
    sequence: number,
    batch: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${server.url}/ingest/batch`, {
      method: 'POST',
      headers: { ...headersOf(sequence), ...headers },
      body: Uint8Array.from(batch),
    })
  const post = async (
    ...parameters: Parameters<typeof request>
  ): Promise<[number, HttpBatchAnswer | null]> => {
    const reply = await request(...parameters)
    return [reply.status, parseBatchAnswer(await reply.text())]
  }
  return { ...world, ...server, request, post }
}
