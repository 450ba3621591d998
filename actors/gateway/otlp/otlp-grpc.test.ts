import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { compressionAlgorithms, type ServiceError, status } from '@grpc/grpc-js'
import { StatusSchema } from '#proto/gen/otlp/v1/logs_pb.ts'
import { openProven } from '#proto/log-batch.ts'
import { readColumns } from '#proto/testing/batches.ts'
import { grpcWorld } from '../testing/grpc-world.ts'
import { KEY } from '../testing/ingest-world.ts'
import { EXPORT_LOGS_PATH } from './otlp-grpc.ts'
import { metadataOf, OtlpClient } from './testing/otlp-client.ts'
import { otlpLogs, protobufOf, requestOf } from './testing/otlp-requests.ts'

test('a call is answered once its logs are in the log', async t => {
  const { call, log } = await start(t)
  const { partialSuccess } = await call(logs(['one', 'two']))
  assert.equal(partialSuccess, undefined)
  const [{ envelope, bytes }] = log.stored as [(typeof log.stored)[0]]
  assert.deepEqual(
    readColumns(openProven(bytes)).map(({ texts }) => texts['message']),
    ['one', 'two'],
  )
  assert.equal(envelope.keyId, KEY)
  assert.match(envelope.peer, /^(127\.0\.0\.1|::1)$/)
})

test('packed calls are unpacked, and may be longer than a batch', async t => {
  const { call, log } = await start(t, compressionAlgorithms.gzip)
  await call(logs(Array.from({ length: 3_000 }, (_, n) => `${n} ${'x'.repeat(1_000)}`)))
  const records = log.stored.reduce((sum, { envelope }) => sum + envelope.recordCount, 0)
  assert.equal(records, 3_000)
  assert.ok(log.stored.length > 1)
})

test('refused records are counted and told', async t => {
  const { call } = await start(t)
  const bad = { attributes: [{ key: 'k'.repeat(300) }] }
  const { partialSuccess } = await call(
    protobufOf(requestOf({ resourceLogs: [{ scopeLogs: [{ logRecords: [{}, bad] }] }] })),
  )
  assert.equal(partialSuccess?.rejectedLogRecords, 1n)
  assert.match(partialSuccess?.errorMessage ?? '', /^record 1: an attribute key is longer/)
})

test('who may not send is told so before the message is taken', async t => {
  const { refusal, keys, log } = await start(t)
  keys.add('reader', { scopes: ['read'] })
  const code = async (key: string | null): Promise<number> => (await refusal(logs(['x']), key)).code
  assert.equal(await code('nobody'), status.UNAUTHENTICATED)
  assert.equal(await code(null), status.UNAUTHENTICATED)
  assert.equal(await code('reader'), status.PERMISSION_DENIED)
  keys.away = true
  assert.equal(await code(KEY), status.UNAVAILABLE)
  assert.equal(log.stored.length, 0)
})

test('what is no request is an invalid argument', async t => {
  const { refusal } = await start(t)
  const { code, details } = await refusal(logs(['x']).subarray(1))
  assert.equal(code, status.INVALID_ARGUMENT)
  assert.match(details, /^LOGBOY_BAD_BODY: not an OTLP request/)
})

test('over quota it says when to come back, a full disk is to be tried again', async t => {
  const { refusal, call, keys, log } = await start(t)
  keys.add(KEY, { recordsPerSecond: 1 })
  const many = logs(Array.from({ length: 20 }, () => 'x'))
  let refused: ServiceError | null = null
  for (let round = 0; round < 5 && refused === null; round++) {
    refused = await call(many).then(
      () => null,
      (error: ServiceError) => error,
    )
  }
  assert.equal(refused?.code, status.RESOURCE_EXHAUSTED)
  const [details] = refused?.metadata.get('grpc-status-details-bin') ?? []
  const told = fromBinary(StatusSchema, new Uint8Array(details as Buffer))
  assert.equal(told.code, status.RESOURCE_EXHAUSTED)
  assert.equal(told.details[0]?.typeUrl, 'type.googleapis.com/google.rpc.RetryInfo')
  keys.add(KEY)
  log.unavailable = 'disk-full'
  const full = await refusal(logs(['x']))
  assert.equal(full.code, status.UNAVAILABLE)
  assert.equal(full.metadata.get('grpc-status-details-bin').length, 1)
})

test('a message that is too long ends its call, and nothing else', async t => {
  const { refusal, call } = await start(t)
  const { code } = await refusal(new Uint8Array(4 * 1024 * 1024 + 1))
  assert.equal(code, status.RESOURCE_EXHAUSTED)
  await call(logs(['x']))
})

test('a caller that leaves hurts nobody', async t => {
  const { client, call } = await start(t)
  const gone = new Promise<ServiceError>(resolve => {
    const left = client.grpc.makeClientStreamRequest(
      EXPORT_LOGS_PATH,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      metadataOf({ authorization: `Bearer ${KEY}` }),
      error => resolve(error as ServiceError),
    )
    left.write(Buffer.from(logs(['x'])), () => left.cancel())
  })
  assert.equal((await gone).code, status.CANCELLED)
  await call(logs(['x']))
})

const logs = (messages: readonly string[]): Uint8Array => otlpLogs(...messages)

async function start(t: TestContext, packing = compressionAlgorithms.identity) {
  const world = await grpcWorld(t)
  const client = new OtlpClient(t, world.port, packing)
  const headersOf = (key: string | null): Record<string, string> =>
    key === null ? {} : { authorization: `Bearer ${key}` }
  const call = (bytes: Uint8Array, key: string | null = KEY) => client.export(bytes, headersOf(key))
  const refusal = async (bytes: Uint8Array, key: string | null = KEY): Promise<ServiceError> =>
    call(bytes, key).then(
      () => assert.fail('it was taken'),
      (error: ServiceError) => error,
    )
  return { ...world, client, call, refusal }
}
