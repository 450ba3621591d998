import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { test } from 'node:test'
import { credentials, status } from '@grpc/grpc-js'
import { testTls } from '#actors/http/testing/tls-pair.ts'
import { BATCH_BYTES_MAX, BATCH_MESSAGE_BYTES_MAX } from '#proto/limits.ts'
import { encodeClientMessage } from '#proto/stream.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { producerOfSender } from './producer-id.ts'
import { grpcWorld } from './testing/grpc-world.ts'
import { KEY, testBatch } from './testing/ingest-world.ts'
import { StreamClient } from './testing/stream-client.ts'

test('batches are acknowledged once they are in the log, with what the gateway knows', async t => {
  const { port, log, meter, arena } = await grpcWorld(t)
  const client = new StreamClient(t, port)
  client.hello(KEY, { producer: 77n, epoch: 3 })
  const welcome = await client.next()
  assert.deepEqual(welcome, {
    type: 'welcome',
    lastDurable: null,
    highestSchema: 1,
    batchBytesMax: BATCH_BYTES_MAX,
    batchRecordsMax: 8_192,
  })
  const batch = testBatch(50)
  for (const sequence of [1, 2, 3]) client.batch(sequence, batch)
  for (const sequence of [1, 2, 3]) {
    const ack = { type: 'ack', sequence, rejectedCount: 0, rejected: [] }
    assert.deepEqual(await client.next(), ack)
  }
  client.end()
  assert.equal((await client.status).code, status.OK)
  const [{ envelope, bytes }] = log.stored as [(typeof log.stored)[0]]
  assert.deepEqual(bytes, batch)
  const { projectId, keyId, producer, epoch, sequence, recordCount, peer } = envelope
  assert.deepEqual(
    [projectId, keyId, producer, epoch, sequence, recordCount],
    ['project0aa', KEY, producerOfSender('project0aa', 77n), 3, 1n, 50],
  )
  assert.match(peer, /^(127\.0\.0\.1|::1)$/)
  assert.equal(Number(envelope.timeMinUs), 1_700_000_000_000_000)
  assert.equal(Number(envelope.timeMaxUs), 1_700_000_000_000_049)
  assert.equal(meter.records, 150)
  assert.equal(meter.ackCount, 3)
  assert.equal(arena.bytesInUse, 0)
})

test('senders of two projects that call themselves alike are two producers', async t => {
  const { port, log, keys } = await grpcWorld(t)
  keys.add('of another', { projectId: 'project0bb' })
  for (const key of [KEY, 'of another']) {
    const client = new StreamClient(t, port)
    client.hello(key, { producer: 77n })
    await client.next()
    client.batch(1, testBatch(1))
    assert.equal(sequenceOf(await client.next()), 'ack 1')
    client.end()
    await client.status
  }
  const producers = new Set(log.stored.map(({ envelope }) => envelope.producer))
  assert.equal(producers.size, 2)
})

test('after a reconnect the welcome says what is durable, and repeats are stored once', async t => {
  const { port, log, meter } = await grpcWorld(t)
  const first = new StreamClient(t, port)
  first.hello(KEY)
  await first.next()
  first.batch(1, testBatch(1))
  first.batch(2, testBatch(1))
  await first.next()
  await first.next()
  first.cancel()
  const second = new StreamClient(t, port)
  second.hello(KEY, { firstUnacked: 2 })
  const welcome = await second.next()
  assert.equal(welcome.type === 'welcome' && welcome.lastDurable, 2)
  second.batch(2, testBatch(1))
  second.batch(3, testBatch(1))
  const answers = [await second.next(), await second.next()]
  assert.deepEqual(answers.map(sequenceOf), ['ack 2', 'ack 3'])
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [1, 2, 3],
  )
  assert.equal(meter.repeats, 1)
})

test('a stream without a good key is refused in words of gRPC', async t => {
  const { port, keys } = await grpcWorld(t)
  keys.add('reader', { scopes: ['read'] })
  keys.verdicts.set('gone', { type: 'revoked' })
  const refusal = async (key: string): Promise<[number, string]> => {
    const client = new StreamClient(t, port)
    client.hello(key)
    const { code, details } = await client.status
    return [code, details]
  }
  const unknown = [status.UNAUTHENTICATED, 'LOGBOY_KEY_UNKNOWN: the key is unknown']
  assert.deepEqual(await refusal('nobody'), unknown)
  const revoked = [status.UNAUTHENTICATED, 'LOGBOY_KEY_REVOKED: the key was revoked']
  assert.deepEqual(await refusal('gone'), revoked)
  assert.equal((await refusal('reader'))[0], status.PERMISSION_DENIED)
  keys.away = true
  assert.equal((await refusal(KEY))[0], status.UNAVAILABLE)
})

test('a producer that is not known here is told so', async t => {
  const { port } = await grpcWorld(t)
  const client = new StreamClient(t, port)
  client.hello(KEY, { firstUnacked: 5 })
  const { code, details } = await client.status
  assert.equal(code, status.FAILED_PRECONDITION)
  assert.match(details, /^EPOCH_EXPIRED/)
})

test('a revoked key ends its open streams, and no other', async t => {
  const { port, streams, keys } = await grpcWorld(t)
  keys.add('other')
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  const other = new StreamClient(t, port)
  other.hello('other', { producer: 2n })
  await other.next()
  streams.revoked(KEY)
  assert.equal((await client.status).code, status.UNAUTHENTICATED)
  other.batch(1, testBatch(1))
  assert.equal(sequenceOf(await other.next()), 'ack 1')
  assert.equal(streams.observe()['open'], 1)
})

test('a key that went bad unseen is noticed within a minute', async t => {
  const clock = new VirtualClock()
  const { port, keys } = await grpcWorld(t, { clock })
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  keys.verdicts.set(KEY, { type: 'expired' })
  clock.advance(60_000)
  assert.equal((await client.status).code, status.UNAUTHENTICATED)
})

test('over quota the stream is throttled, stays open, and loses nothing', async t => {
  const { port, keys, log, streams } = await grpcWorld(t)
  const limited = keys.add('limited', { recordsPerSecond: 10 })
  const client = new StreamClient(t, port)
  client.hello('limited')
  await client.next()
  for (const sequence of [1, 2, 3]) client.batch(sequence, testBatch(30))
  assert.equal(sequenceOf(await client.next()), 'ack 1')
  const throttle = await client.next()
  assert.ok(throttle.type === 'throttle' && throttle.reason === 'over-quota')
  assert.equal(throttle.fromSequence, 2)
  assert.ok(throttle.retryAfterMs > 1_000 && throttle.retryAfterMs <= 2_000)
  streams.changed({ ...limited, recordsPerSecond: 0 })
  client.batch(2, testBatch(30))
  client.batch(3, testBatch(30))
  assert.equal(sequenceOf(await client.next()), 'ack 2')
  assert.equal(sequenceOf(await client.next()), 'ack 3')
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [1, 2, 3],
  )
})

test('a full disk is told with its reason; when it is over the same batch goes through', async t => {
  const { port, log } = await grpcWorld(t)
  log.unavailable = 'disk-full'
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  client.batch(1, testBatch(1))
  const throttle = await client.next()
  assert.ok(throttle.type === 'throttle' && throttle.reason === 'disk-full')
  log.unavailable = null
  client.batch(1, testBatch(1))
  assert.equal(sequenceOf(await client.next()), 'ack 1')
})

test('with memory full the sender is told to wait, and what is on its way goes through', async t => {
  const { port, log, arena } = await grpcWorld(t, { arenaBytes: 8 * 1024 * 1024 })
  log.autoCommit = false
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  const large = testBatch(600, 'x'.repeat(1_000))
  const fit = Math.floor((4 * 1024 * 1024) / large.length)
  for (let sequence = 1; sequence <= fit + 1; sequence++) client.batch(sequence, large)
  while (arena.observe().refused === 0 || log.waiting < fit) await nextRound()
  log.commit()
  for (let sequence = 1; sequence <= fit; sequence++) {
    assert.equal(sequenceOf(await client.next()), `ack ${sequence}`)
  }
  const throttle = await client.next()
  assert.ok(throttle.type === 'throttle' && throttle.fromSequence === fit + 1)
  assert.equal(arena.bytesInUse, 0)
})

test('a sender far ahead of the log is held back by flow control', async t => {
  const { port, log } = await grpcWorld(t)
  log.autoCommit = false
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  const batch = testBatch(10)
  for (let sequence = 1; sequence <= 100; sequence++) client.batch(sequence, batch)
  while (log.waiting < 16) await nextRound()
  for (let count = 0; count < 20; count++) await nextRound()
  assert.equal(log.waiting, 16)
  log.autoCommit = true
  log.commit()
  for (let sequence = 1; sequence <= 100; sequence++) {
    assert.equal(sequenceOf(await client.next()), `ack ${sequence}`)
  }
})

test('a crash of the project ends its streams with a word that means: come back', async t => {
  const { port, log, faults, arena } = await grpcWorld(t)
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  client.batch(1, testBatch(1))
  await client.next()
  log.bug = new Error('a bug')
  client.batch(2, testBatch(1))
  assert.equal((await client.status).code, status.UNAVAILABLE)
  assert.equal(faults.length, 1)
  assert.equal(arena.bytesInUse, 0)
  const again = new StreamClient(t, port)
  again.hello(KEY, { firstUnacked: 2 })
  const welcome = await again.next()
  assert.equal(welcome.type === 'welcome' && welcome.lastDurable, 1)
  again.batch(2, testBatch(1))
  assert.equal(sequenceOf(await again.next()), 'ack 2')
})

test('lying lengths, bad UTF-8 and unknown schemas reject the batch and nothing else', async t => {
  const { port, log } = await grpcWorld(t)
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  const sound = testBatch(5, 'needle')
  const badText = sound.slice()
  badText[Buffer.from(sound).indexOf('needle')] = 0xff
  const lying = sound.slice()
  lying[1] = 77
  client.batch(1, badText)
  client.batch(2, lying)
  client.batch(3, sound.subarray(0, sound.length - 10))
  client.batch(4, sound, 9)
  client.batch(5, new Uint8Array(0))
  client.batch(6, Buffer.alloc(BATCH_BYTES_MAX + 1))
  client.batch(7, sound)
  const answers = []
  for (let count = 0; count < 7; count++) answers.push(sequenceOf(await client.next()))
  const rejects = [1, 2, 3, 4, 5, 6].map(sequence => `reject ${sequence}`)
  assert.deepEqual(answers, [...rejects, 'ack 7'])
  assert.equal(log.stored.filter(({ envelope }) => envelope.recordCount > 0).length, 1)
})

test('a sender whose batches were all rejected is known after a reconnect', async t => {
  const { port, log } = await grpcWorld(t)
  const first = new StreamClient(t, port)
  first.hello(KEY)
  await first.next()
  first.batch(1, new Uint8Array(0))
  assert.equal(sequenceOf(await first.next()), 'reject 1')
  first.cancel()
  const again = new StreamClient(t, port)
  again.hello(KEY, { firstUnacked: 2 })
  const welcome = await again.next()
  assert.equal(welcome.type === 'welcome' && welcome.lastDurable, 1)
  again.batch(2, testBatch(1))
  assert.equal(sequenceOf(await again.next()), 'ack 2')
  assert.equal(log.stored.length, 2)
})

test('a batch over its limit is rejected with the reason, up to what a message may hold', async t => {
  const { port } = await grpcWorld(t)
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  const batch = new Uint8Array(BATCH_MESSAGE_BYTES_MAX)
  const framed = encodeClientMessage({ type: 'batch', sequence: 1, schema: 1, batch })
  const room = 2 * BATCH_MESSAGE_BYTES_MAX - framed.length
  client.batch(1, new Uint8Array(room))
  const answer = await client.next()
  assert.equal(answer.type, 'reject')
  assert.match(answer.type === 'reject' ? answer.reason : '', /bytes, at most 786432$/)
  client.batch(2, new Uint8Array(room + 1))
  assert.equal((await client.status).code, status.RESOURCE_EXHAUSTED)
})

test('garbage, batches out of turn and oversized messages end the stream, not the server', async t => {
  const { port, log } = await grpcWorld(t)
  const garbage = new StreamClient(t, port)
  garbage.send(Buffer.from('\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'))
  assert.equal((await garbage.status).code, status.INVALID_ARGUMENT)
  const early = new StreamClient(t, port)
  early.batch(1, testBatch(1))
  assert.equal((await early.status).code, status.INVALID_ARGUMENT)
  const gap = new StreamClient(t, port)
  gap.hello(KEY)
  await gap.next()
  gap.batch(2, testBatch(1))
  assert.equal((await gap.status).code, status.INVALID_ARGUMENT)
  const badProducer = new StreamClient(t, port)
  badProducer.hello(KEY, { producer: 0n })
  assert.equal((await badProducer.status).code, status.INVALID_ARGUMENT)
  const large = new StreamClient(t, port)
  large.hello(KEY)
  await large.next()
  large.send(Buffer.alloc(4 * 1024 * 1024))
  assert.equal((await large.status).code, status.RESOURCE_EXHAUSTED)
  assert.equal(log.stored.length, 0)
  const sound = new StreamClient(t, port)
  sound.hello(KEY)
  await sound.next()
  sound.batch(1, testBatch(1))
  assert.equal(sequenceOf(await sound.next()), 'ack 1')
})

test('bytes that are no HTTP/2, and calls of other services, are refused', async t => {
  const { port } = await grpcWorld(t)
  const socket = connect(port, '127.0.0.1')
  socket.resume().end(Buffer.alloc(1_000, 0xa5))
  await new Promise(resolve => socket.on('error', () => {}).on('close', resolve))
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const request = session.request({
    ':method': 'POST',
    ':path': '/logboy.v1.Nothing/Here',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  request.end()
  const headers = await new Promise<Record<string, unknown>>(resolve =>
    request.on('response', resolve),
  )
  assert.equal(headers['grpc-status'], String(status.UNIMPLEMENTED))
})

test('a stream that says nothing is ended', async t => {
  const clock = new VirtualClock()
  const { port, streams } = await grpcWorld(t, { clock })
  const client = new StreamClient(t, port)
  client.send(new Uint8Array(0))
  while (streams.observe()['open'] === 0) await nextRound()
  clock.advance(10_000)
  assert.equal((await client.status).code, status.DEADLINE_EXCEEDED)
})

test('a stop answers what is on its way and tells senders to come back', async t => {
  const { port, log, server } = await grpcWorld(t)
  log.autoCommit = false
  const client = new StreamClient(t, port)
  client.hello(KEY)
  await client.next()
  client.batch(1, testBatch(1))
  while (log.waiting < 1) await nextRound()
  const closed = server.close()
  log.commit()
  assert.equal(sequenceOf(await client.next()), 'ack 1')
  assert.equal((await client.status).code, status.UNAVAILABLE)
  await closed
})

test('a taken port is one clear error', async t => {
  const { port } = await grpcWorld(t)
  await assert.rejects(grpcWorld(t, {}, { port }), {
    code: 'LOGBOY_PORT_TAKEN',
    message: new RegExp(`port ${port} on 127.0.0.1 is taken`),
  })
})

test('TLS is served, and a new certificate to new connections', async t => {
  const tls = testTls(t)
  const clock = new VirtualClock()
  const { port } = await grpcWorld(t, {}, { tls: tls.files, clock })
  const greet = async (pair: 'first' | 'second'): Promise<string> => {
    const client = new StreamClient(t, port, credentials.createSsl(tls.authority(pair)))
    client.hello(KEY)
    const outcome = await Promise.race([client.next(), client.status])
    return 'type' in outcome ? outcome.type : status[outcome.code]
  }
  assert.equal(await greet('first'), 'welcome')
  tls.install('second')
  clock.advance(2_000)
  assert.equal(await greet('second'), 'welcome')
  assert.equal(await greet('first'), 'UNAVAILABLE')
})

function sequenceOf(message: Awaited<ReturnType<StreamClient['next']>>): string {
  return 'sequence' in message ? `${message.type} ${message.sequence}` : message.type
}
