/**
 * What SDKs of earlier versions say is understood, with the same result: byte for byte as
 * sdk/testing/record-streams.ts recorded it.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { test } from 'node:test'
import { startTestServer } from '#actors/http/testing/drivers.ts'
import { RawConnection } from '#actors/http/testing/raw-connection.ts'
import { parseBatchAnswer } from '#proto/batch-answer.ts'
import { parseServerMessage, type ServerMessage } from '#proto/stream.ts'
import { FrameReader } from '../../sdk/grpc-frames.ts'
import {
  plainRows,
  type RecordedStream,
  recordedStreams,
} from '../../sdk/testing/recorded-stream.ts'
import { SDK_VERSION } from '../../sdk/version.ts'
import { ingestBatchRoute } from './ingest-batch-http.ts'
import { grpcWorld } from './testing/grpc-world.ts'
import { type IngestWorld, ingestWorld } from './testing/ingest-world.ts'

const acks = (count: number): unknown[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'ack',
    sequence: i + 1,
    rejectedCount: 0,
    rejected: [],
  }))

const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64')

function assertStored({ log, doorFaults }: IngestWorld, rows: readonly unknown[]): void {
  assert.deepEqual(plainRows(log.stored.map(({ bytes }) => bytes)), rows)
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    log.stored.map((_, i) => i + 1),
  )
  const [first] = log.stored
  for (const { envelope } of log.stored) {
    assert.deepEqual([envelope.producer, envelope.epoch], [first?.envelope.producer, 1])
    assert.deepEqual(envelope.rejected, [])
  }
  assert.deepEqual(doorFaults, [])
}

/** Says each message once the one before is answered, as the SDK waits for its welcome. */
async function speak(port: number, { grpc }: RecordedStream): Promise<ServerMessage[]> {
  const session = connect(`http://127.0.0.1:${port}`)
  const stream = session.request(grpc.headers)
  const reader = new FrameReader()
  const answers: ServerMessage[] = []
  const frames = grpc.frames.map(bytesOf)
  stream.write(frames.shift())
  for await (const chunk of stream) {
    for (const message of reader.push(chunk as Uint8Array)) {
      const answer = parseServerMessage(message)
      if (answer !== null) answers.push(answer)
      const next = frames.shift()
      if (next !== undefined) stream.write(next)
      else if (answers.length === grpc.frames.length) stream.end()
    }
  }
  session.close()
  return answers
}

test('there is a record of this version', () => {
  const isRecorded = recordedStreams().some(({ version }) => version === SDK_VERSION)
  assert.ok(isRecorded, 'record it as CONTRIBUTING.md says')
})

for (const recorded of recordedStreams()) {
  test(`gRPC of SDK ${recorded.version}: taken once, with every row as it was`, async t => {
    const world = await grpcWorld(t)
    world.keys.add(recorded.key)
    const batches = recorded.grpc.frames.length - 1
    const [welcome, ...answers] = await speak(world.port, recorded)
    assert.ok(welcome?.type === 'welcome' && welcome.lastDurable === null)
    assert.deepEqual(answers, acks(batches))
    assertStored(world, recorded.grpc.rows)
    const [again, ...repeated] = await speak(world.port, recorded)
    assert.ok(again?.type === 'welcome' && again.lastDurable === batches)
    assert.deepEqual(repeated, acks(batches))
    assert.equal(world.log.stored.length, batches)
  })

  test(`HTTP of SDK ${recorded.version}: taken once, with every row as it was`, async t => {
    const world = ingestWorld(t)
    world.keys.add(recorded.key)
    const routes = [ingestBatchRoute(world.deps)]
    const { port } = await startTestServer(t, { driver: 'node', routes })
    const raw = await RawConnection.open(port)
    t.after(() => raw.destroy())
    const { requests, rows } = recorded.http
    const told: unknown[] = []
    for (const request of [...requests, ...requests]) {
      const before = raw.received.length
      raw.send(bytesOf(request))
      const answer = (
        await raw.until(new RegExp(`^[^]{${before}}HTTP/1.1 200 [^]*\\r\\n\\r\\n[^]*\\}`))
      ).slice(before)
      told.push(parseBatchAnswer(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)))
    }
    assert.deepEqual(told, [...acks(requests.length), ...acks(requests.length)])
    assertStored(world, rows)
  })
}
