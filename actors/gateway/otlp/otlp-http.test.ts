import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import type { HttpDriverName } from '#actors/http/http-server.ts'
import { DRIVERS, startTestServer } from '#actors/http/testing/drivers.ts'
import {
  ExportLogsServiceResponseSchema,
  RetryInfoSchema,
  StatusSchema,
} from '#proto/gen/otlp/v1/logs_pb.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { readColumns } from '#proto/testing/batches.ts'
import { systemRandom } from '#runtime/random.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { ingestRoutes } from '../ingest-http.ts'
import { type IngestWorldOptions, ingestWorld, KEY } from '../testing/ingest-world.ts'
import { OTLP_JSON_BYTES_MAX } from './otlp-json.ts'
import { jsonOf, protobufOf, requestOf } from './testing/otlp-requests.ts'

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
/** No record has a key so long. */
const BAD = { attributes: [{ key: 'k'.repeat(300) }] }

for (const driver of DRIVERS) suite(driver)

/** What the door for OpenTelemetry promises, over either driver. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('protobuf and JSON are stored before they are answered, each in its own'), async t => {
    const { send, messages, log } = await start(t, driver)
    const binary = await send(protobufOf(logs('one', 'two')), PROTOBUF)
    assert.deepEqual(answerOf(binary), [200, 'application/x-protobuf'])
    assert.equal((await binary.arrayBuffer()).byteLength, 0)
    const json = await send(jsonOf(logs('three')), JSON_TYPE)
    assert.deepEqual(answerOf(json), [200, 'application/json'])
    assert.equal(await json.text(), '{}')
    assert.deepEqual(messages(), ['one', 'two', 'three'])
    const envelopes = log.stored.map(({ envelope }) => envelope)
    assert.deepEqual(
      envelopes.map(({ sequence, keyId, peer }) => [Number(sequence), keyId, peer]),
      [
        [1, KEY, '127.0.0.1'],
        [2, KEY, '127.0.0.1'],
      ],
    )
  })

  test(named('nothing is answered before it is in the log'), async t => {
    const { send, log } = await start(t, driver)
    log.autoCommit = false
    let isAnswered = false
    const reply = send(protobufOf(logs('x')), PROTOBUF).then(answer => {
      isAnswered = true
      return answer
    })
    while (log.waiting < 1) await nextRound()
    assert.equal(isAnswered, false)
    log.commit()
    assert.equal((await reply).status, 200)
  })

  test(named('packed bodies are unpacked, bombs stopped'), async t => {
    const { send, messages } = await start(t, driver)
    const bytes = protobufOf(logs('packed'))
    const packed = {
      gzip: gzipSync(bytes),
      zstd: zstdCompressSync(bytes),
      deflate: deflateSync(bytes),
      br: brotliCompressSync(bytes),
    }
    for (const [encoding, body] of Object.entries(packed)) {
      const reply = await send(body, { ...PROTOBUF, 'content-encoding': encoding })
      assert.equal(reply.status, 200, encoding)
    }
    assert.equal(messages().length, 4)
    const gzip = { ...PROTOBUF, 'content-encoding': 'gzip' }
    const bomb = gzipSync(Buffer.alloc(BODY_BYTES_MAX + 1))
    assert.deepEqual(await problem(send(bomb, gzip)), [413, 3, 'LOGBOY_BODY_TOO_LARGE'])
    assert.deepEqual(await problem(send(bytes, gzip)), [400, 3, 'LOGBOY_BAD_BODY'])
    const unknown = { ...PROTOBUF, 'content-encoding': 'compress' }
    assert.deepEqual(await problem(send(bytes, unknown)), [415, 3, 'LOGBOY_MEDIA_UNSUPPORTED'])
  })

  test(named('refused records are counted and told, and kept as JSON'), async t => {
    const { send, messages, box, letters } = await start(t, driver)
    const request = logs('good')
    request.resourceLogs[0]?.scopeLogs[0]?.logRecords.push(...recordsOf([BAD, BAD]))
    const binary = await send(protobufOf(request), PROTOBUF)
    assert.equal(binary.status, 200)
    const { partialSuccess } = fromBinary(
      ExportLogsServiceResponseSchema,
      new Uint8Array(await binary.arrayBuffer()),
    )
    assert.equal(partialSuccess?.rejectedLogRecords, 2n)
    assert.match(partialSuccess?.errorMessage ?? '', /^records 1, 2: an attribute key is longer/)
    const json = await send(jsonOf(request), JSON_TYPE)
    assert.match(await json.text(), /^\{"partialSuccess":\{"rejectedLogRecords":"2","errorM/)
    assert.deepEqual(messages(), ['good', 'good'])
    await box.flush()
    const notes = await letters.list({ limit: 9 })
    assert.deepEqual(
      notes.map(({ source }) => source),
      ['otlp', 'otlp'],
    )
  })

  test(named('errors are statuses of gRPC in the encoding of the request'), async t => {
    const { send, keys } = await start(t, driver)
    keys.add('reader', { scopes: ['read'] })
    const bytes = protobufOf(logs('x'))
    const as = (key: string): Record<string, string> => ({
      ...PROTOBUF,
      authorization: `Bearer ${key}`,
    })
    assert.deepEqual(await problem(send(bytes, as('nobody'))), [401, 16, 'LOGBOY_KEY_UNKNOWN'])
    assert.deepEqual(await problem(send(bytes, as('reader'))), [403, 7, 'LOGBOY_SCOPE_MISSING'])
    const none = { ...PROTOBUF, authorization: '' }
    assert.deepEqual(await problem(send(bytes, none)), [401, 16, 'LOGBOY_KEY_MISSING'])
    assert.deepEqual(await problem(send(bytes.subarray(1), PROTOBUF)), [400, 3, 'LOGBOY_BAD_BODY'])
    assert.deepEqual(await problem(send('{"a":', JSON_TYPE)), [400, 3, 'LOGBOY_BAD_BODY'])
    const text = { 'content-type': 'text/plain' }
    assert.deepEqual(await problem(send('x', text)), [415, 3, 'LOGBOY_MEDIA_UNSUPPORTED'])
    const long = Buffer.alloc(OTLP_JSON_BYTES_MAX + 1, ' ')
    assert.deepEqual(await problem(send(long, JSON_TYPE)), [413, 3, 'LOGBOY_BODY_TOO_LARGE'])
  })

  test(named('what is worth another try has a status that clients try again'), async t => {
    const { send, log, keys, messages } = await start(t, driver)
    log.unavailable = 'disk-full'
    const full = await send(protobufOf(logs('x')), PROTOBUF)
    assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '1'])
    const status = fromBinary(StatusSchema, new Uint8Array(await full.arrayBuffer()))
    assert.match(status.message, /^LOGBOY_DISK_FULL: .*nothing was stored/)
    const [detail] = status.details
    assert.equal(detail?.typeUrl, 'type.googleapis.com/google.rpc.RetryInfo')
    const typeUrl = `type.googleapis.com/${RetryInfoSchema.typeName}`
    const retry = anyUnpack({ ...detail, typeUrl } as typeof detail & object, RetryInfoSchema)
    const { seconds = 0n, nanos = 0 } = retry?.retryDelay ?? {}
    assert.ok(Number(seconds) + nanos > 0)
    const json = await send(jsonOf(logs('x')), JSON_TYPE)
    assert.match(await json.text(), /RetryInfo","retryDelay":"[\d.]+s"/)
    log.unavailable = null
    keys.add('slow', { recordsPerSecond: 1 })
    const slow = { ...PROTOBUF, authorization: 'Bearer slow' }
    const many = protobufOf(logs(...Array.from({ length: 20 }, () => 'x')))
    const replies = [await send(many, slow), await send(many, slow), await send(many, slow)]
    const last = replies.at(-1)
    assert.equal(last?.status, 429)
    assert.ok(Number(last?.headers.get('retry-after')) >= 1)
    keys.away = true
    assert.deepEqual(await problem(send(many, PROTOBUF)), [503, 14, 'LOGBOY_CATALOG_AWAY'])
    assert.ok(messages().length < 60)
  })

  test(named('other signals are refused with a word that says so'), async t => {
    const { url } = await start(t, driver)
    for (const signal of ['metrics', 'traces']) {
      const reply = await fetch(`${url}/v1/${signal}`, { method: 'POST', body: '{}' })
      assert.equal(reply.status, 404)
      assert.match(await reply.text(), new RegExp(`${signal} are not taken over OTLP, only logs`))
    }
  })
}

test('of what may have been stored it says what a repeat does, without advice nobody can take', async t => {
  const { send, log } = await start(t)
  log.mayBeStored = true
  for (const reason of ['log-away', 'disk-failed', 'disk-full'] as const) {
    log.unavailable = reason
    const reply = await send(jsonOf(logs('x')), JSON_TYPE)
    assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '1'])
    const { message } = (await reply.json()) as { message: string }
    assert.match(message, /; it is not known what was stored; .*sent again may be there twice$/)
    assert.doesNotMatch(message, /Idempotency-Key/)
  }
})

test("a project's schema judges these records, too", async t => {
  const { send, keys, messages, box, letters } = await start(t)
  keys.add('strict', { recordSchema: '{"properties":{"message":{"maxLength":4}}}' })
  const strict = { ...PROTOBUF, authorization: 'Bearer strict' }
  const reply = await send(protobufOf(logs('good', 'too long', 'fine')), strict)
  const { partialSuccess } = fromBinary(
    ExportLogsServiceResponseSchema,
    new Uint8Array(await reply.arrayBuffer()),
  )
  assert.equal(partialSuccess?.rejectedLogRecords, 1n)
  assert.match(partialSuccess?.errorMessage ?? '', /^record 1: schema/)
  await box.flush()
  const [note] = await letters.list({ limit: 9 })
  const kept = Buffer.from((await letters.read(note?.id ?? ''))?.bytes ?? []).toString()
  assert.match(kept, /^\{.*"message":"too long".*\}\n$/)
  assert.equal(messages().length, 3)
})

function logs(...messages: readonly string[]): ReturnType<typeof requestOf> {
  const logRecords = messages.map(message => ({
    timeUnixNano: 1_763_596_800_000_000_000n,
    body: { value: { case: 'stringValue', value: message } },
  }))
  return requestOf({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
}

function recordsOf(
  logRecords: readonly object[],
): ReturnType<typeof logs>['resourceLogs'][0]['scopeLogs'][0]['logRecords'] {
  const [made] = requestOf({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }).resourceLogs
  return made?.scopeLogs[0]?.logRecords ?? []
}

function answerOf(reply: Response): [number, string | null] {
  return [reply.status, reply.headers.get('content-type')]
}

/** Status, code of gRPC and our own. */
async function problem(replied: Promise<Response>): Promise<[number, number, string]> {
  const reply = await replied
  const body = new Uint8Array(await reply.arrayBuffer())
  const isJson = reply.headers.get('content-type') === 'application/json'
  const { code, message } = isJson
    ? (JSON.parse(Buffer.from(body).toString()) as { code: number; message: string })
    : fromBinary(StatusSchema, body)
  return [reply.status, code, message.split(':', 1).join('')]
}

async function start(
  t: TestContext,
  driver: HttpDriverName = 'node',
  options: IngestWorldOptions = {},
) {
  const world = ingestWorld(t, options)
  const routes = ingestRoutes({ ...world.deps, log: world.log, random: systemRandom })
  const server = await startTestServer(t, { driver, routes })
  t.after(() => assert.deepEqual(world.doorFaults, []))
  const send = (body: string | Uint8Array, headers: Record<string, string>): Promise<Response> =>
    fetch(`${server.url}/v1/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      body: typeof body === 'string' ? body : Uint8Array.from(body),
    })
  const messages = (): string[] =>
    world.log.stored.flatMap(({ bytes }) =>
      readColumns(openProven(bytes)).map(({ texts }) => texts['message'] ?? ''),
    )
  return { ...world, ...server, send, messages }
}
