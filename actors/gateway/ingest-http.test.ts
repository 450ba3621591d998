import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { HttpDriverName } from '#actors/http/http-server.ts'
import { DRIVERS, startTestServer } from '#actors/http/testing/drivers.ts'
import { RawConnection } from '#actors/http/testing/raw-connection.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { readColumns } from '#proto/testing/batches.ts'
import { systemRandom } from '#runtime/random.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { ingestRoutes } from './ingest-http.ts'
import { type IngestWorldOptions, ingestWorld, KEY } from './testing/ingest-world.ts'

for (const driver of DRIVERS) suite(driver)

/** What the door for JSON promises, over either driver. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('an object, an array and lines are stored before they are acknowledged'), async t => {
    const { post, messages, log } = await start(t, driver)
    const one = await post({ service: 'a', level: 'error', message: 'one' })
    assert.deepEqual(one, [200, { accepted: 1, rejected: [] }])
    assert.deepEqual(await post([{ message: 'two' }, { message: 'three' }]), [
      200,
      { accepted: 2, rejected: [] },
    ])
    assert.deepEqual(await post('{"msg":"four"}\n{"log":"five"}\n'), [
      200,
      { accepted: 2, rejected: [] },
    ])
    assert.deepEqual(messages(), ['one', 'two', 'three', 'four', 'five'])
    const envelopes = log.stored.map(({ envelope }) => envelope)
    assert.deepEqual(
      envelopes.map(({ sequence }) => Number(sequence)),
      [1, 2, 3],
    )
    assert.equal(new Set(envelopes.map(({ producer }) => producer)).size, 1)
    assert.ok(envelopes.every(({ peer, keyId }) => peer === '127.0.0.1' && keyId === KEY))
  })

  test(named('projects get producers of their own: they may share a place for rows'), async t => {
    const { post, log, keys } = await start(t, driver)
    const other = 'key-of-project-two'
    keys.add(other, { projectId: 'project0bb' })
    for (const key of [KEY, other, KEY, other]) {
      assert.equal((await post({ message: 'x' }, { authorization: `Bearer ${key}` }))[0], 200)
    }
    const producers = log.stored.map(({ envelope }) => envelope.producer)
    assert.equal(new Set(producers).size, 2)
    assert.deepEqual(producers.slice(2), producers.slice(0, 2))
    assert.deepEqual(
      log.stored.map(({ envelope }) => Number(envelope.sequence)),
      [1, 1, 2, 2],
    )
  })

  test(named('packed bodies are unpacked, other packings refused'), async t => {
    const { post, messages } = await start(t, driver)
    const lines = Buffer.from('{"message":"packed"}\n'.repeat(3))
    const gzip = { 'content-encoding': 'gzip' }
    const packed = {
      gzip: gzipSync(lines),
      zstd: zstdCompressSync(lines),
      deflate: deflateSync(lines),
      br: brotliCompressSync(lines),
    }
    for (const [encoding, bytes] of Object.entries(packed)) {
      assert.equal((await post(bytes, { 'content-encoding': encoding }))[0], 200, encoding)
    }
    assert.equal(messages().length, 12)
    assert.deepEqual(await code(post(lines, { 'content-encoding': 'compress' })), [
      415,
      'LOGBOY_MEDIA_UNSUPPORTED',
    ])
    assert.deepEqual(await code(post(lines, gzip)), [400, 'LOGBOY_BAD_BODY'])
    assert.deepEqual(await code(post(gzipSync(lines).subarray(0, 30), gzip)), [
      400,
      'LOGBOY_BAD_BODY',
    ])
  })

  test(named('a bomb is stopped at the limit, and the next request is taken'), async t => {
    const { post, log } = await start(t, driver)
    const zeros = Buffer.alloc(BODY_BYTES_MAX + 1, ' ')
    const bomb = gzipSync(zeros)
    assert.ok(bomb.length < 50_000)
    const tooLarge = [413, 'LOGBOY_BODY_TOO_LARGE']
    assert.deepEqual(await code(post(bomb, { 'content-encoding': 'gzip' })), tooLarge)
    const zstdBomb = zstdCompressSync(zeros)
    assert.deepEqual(await code(post(zstdBomb, { 'content-encoding': 'zstd' })), tooLarge)
    assert.deepEqual(await code(post(zeros)), tooLarge)
    assert.equal((await post({ message: 'alive' }))[0], 200)
    assert.equal(log.stored.length, 1)
  })

  test(named('one bad record among 500 is told, the others are stored'), async t => {
    const { post, messages } = await start(t, driver)
    const records: unknown[] = Array.from({ length: 500 }, (_, n) => ({ message: `m${n}` }))
    records[77] = { message: 'x', time: '1066-10-14T09:00:00Z' }
    const [status, reply] = await post(records)
    assert.equal(status, 200)
    assert.equal(reply['accepted'], 499)
    const [rejected, ...others] = reply['rejected'] as { index: number; reason: string }[]
    assert.deepEqual([rejected?.index, others], [77, []])
    assert.match(rejected?.reason ?? '', /1970/)
    assert.equal(messages().length, 499)
  })

  test(named('what is not JSON is answered with the position, and nothing is stored'), async t => {
    const { post, log } = await start(t, driver)
    const [status, problem] = await post('{"a":1,}')
    assert.deepEqual([status, problem['code']], [400, 'LOGBOY_BAD_BODY'])
    assert.match(String(problem['detail']), /byte 7/)
    assert.equal((await post('[{"a":1}'))[0], 400)
    assert.equal((await post(''))[0], 400)
    const deep = await post(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)
    assert.equal(deep[0], 400)
    assert.equal(log.stored.length, 0)
  })

  test(named('bad UTF-8 is refused record by record'), async t => {
    const { post, log } = await start(t, driver)
    const good = Buffer.from('{"message":"good"}\n')
    const bad = Buffer.from('{"message":"b\xffd"}\n', 'latin1')
    const [status, reply] = await post(Buffer.concat([good, bad, good]))
    assert.deepEqual([status, reply['accepted']], [200, 2])
    for (const { bytes } of log.stored) openProven(bytes)
  })

  test(named('half a body leaves nothing behind'), async t => {
    const { port, post, log, server } = await start(t, driver)
    const raw = await RawConnection.open(port)
    raw.send('POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n')
    raw.send(`Authorization: Bearer ${KEY}\r\n\r\n[{"message":"half`)
    raw.end()
    await raw.closed()
    assert.equal((await post({ message: 'whole' }))[0], 200)
    assert.deepEqual([log.stored.length, server.observe()['bodyBytes']], [1, 0])
  })

  test(named('with an Idempotency-Key a repeat is stored once and answered the same'), async t => {
    const { post, messages, meter } = await start(t, driver)
    const headers = { 'idempotency-key': 'import-7' }
    const body = [{ message: 'once' }, { time: '1066-01-01', message: 'bad' }]
    const first = await post(body, headers)
    assert.equal(first[1]['accepted'], 1)
    assert.deepEqual(await post(body, headers), first)
    assert.deepEqual(messages(), ['once'])
    assert.equal(meter.repeats, 1)
    const packed = gzipSync(JSON.stringify(body))
    assert.deepEqual(await post(packed, { ...headers, 'content-encoding': 'gzip' }), first)
    assert.deepEqual(await code(post([{ message: 'other' }], headers)), [422, 'LOGBOY_KEY_REUSED'])
    assert.equal((await post(body, { 'idempotency-key': 'import-8' }))[0], 200)
    assert.deepEqual(messages(), ['once', 'once'])
  })
}

test('a keyed request of which nothing was stored is remembered all the same', async t => {
  const { post, messages, meter } = await start(t)
  const headers = { 'idempotency-key': 'all-refused' }
  const body = [{ time: '1066-01-01', message: 'bad' }, 7]
  const first = await post(body, headers)
  assert.deepEqual([first[0], first[1]['accepted']], [200, 0])
  assert.deepEqual(await post(body, headers), first)
  assert.equal(meter.repeats, 1)
  assert.deepEqual(await code(post([{ message: 'other' }], headers)), [422, 'LOGBOY_KEY_REUSED'])
  assert.deepEqual(await post([], { 'idempotency-key': 'empty' }), [
    200,
    { accepted: 0, rejected: [] },
  ])
  assert.deepEqual(await code(post([{}], { 'idempotency-key': 'empty' })), [
    422,
    'LOGBOY_KEY_REUSED',
  ])
  assert.deepEqual(messages(), [])
})

test('what is refused is kept as it came, once, and costs the sender nothing', async t => {
  const { post, box, letters } = await start(t)
  const kept = async () => {
    await box.flush()
    const notes = await letters.list({ limit: 9 })
    return Promise.all(
      notes.map(async ({ id, projectId, source, reason }) => {
        const text = Buffer.from((await letters.read(id))?.bytes ?? []).toString()
        return { projectId, source, reason, text }
      }),
    )
  }
  const bad = '{"time":"1066-01-01", "message":"bad"}'
  const headers = { 'idempotency-key': 'refused' }
  const first = await post(`{"message":"good"}\n${bad}\n7`, headers)
  assert.equal(first[1]['accepted'], 1)
  await post(`{"message":"good"}\n${bad}\n7`, headers)
  const [letter, ...others] = await kept()
  assert.deepEqual(others, [])
  assert.equal(letter?.text, `${bad}\n7\n`)
  assert.deepEqual([letter?.projectId, letter?.source], ['project0aa', 'ingest'])
  assert.match(letter?.reason ?? '', /^record 1: .*1970.*; record 2: record is not an object$/)
  assert.equal((await post('no JSON'))[0], 400)
  assert.match((await kept())[1]?.reason ?? '', /^not JSON at byte 0/)
  letters.failure = new Error('the keeper is away')
  assert.equal((await post(bad))[0], 200)
})

test('a request that could not be stored leaves no letter: it comes again', async t => {
  const { post, box, letters, log } = await start(t)
  log.unavailable = 'disk-full'
  assert.equal((await post('{"message":"good"}\n7'))[0], 507)
  await box.flush()
  assert.deepEqual(await letters.list({ limit: 9 }), [])
})

const ORDERS = JSON.stringify({
  required: ['service'],
  properties: { attributes: { properties: { order_id: { type: 'integer' } } } },
})

test('records that do not fit the schema are refused with the reason, the others stored', async t => {
  const { post, keys, letters, box, log } = await start(t)
  keys.add(KEY, { recordSchema: ORDERS })
  const records = [
    '{"service":"a","order_id":7}',
    '{"order_id":8}',
    '7',
    '{"service":"b","order_id":"x"}',
  ]
  const headers = { 'idempotency-key': 'by-schema' }
  const first = await post(records.join('\n'), headers)
  assert.deepEqual(first, [
    200,
    {
      accepted: 1,
      rejected: [
        { index: 1, reason: "schema: the record must have required property 'service' (required)" },
        { index: 2, reason: 'record is not an object' },
        { index: 3, reason: 'schema: attributes/order_id must be integer (type)' },
      ],
    },
  ])
  assert.deepEqual(await post(records.join('\n'), headers), first)
  assert.deepEqual(
    log.stored.map(({ envelope }) => [envelope.recordCount, envelope.rejected]),
    [[3, [1, 2]]],
  )
  await box.flush()
  const [note, ...others] = await letters.list({ limit: 9 })
  assert.deepEqual(others, [])
  const text = Buffer.from((await letters.read(note?.id ?? ''))?.bytes ?? []).toString()
  assert.deepEqual(text.trim().split('\n').toSorted(), records.slice(1).toSorted())
})

test('the same keyed request twice at once is stored once', async t => {
  const { post, messages, log } = await start(t)
  log.autoCommit = false
  const headers = { 'idempotency-key': 'twice' }
  const both = [post({ message: 'once' }, headers), post({ message: 'once' }, headers)]
  while (log.waiting < 1) await nextRound()
  for (let round = 0; round < 50; round++) await nextRound()
  log.commit()
  const answers = await Promise.all(both)
  assert.deepEqual(answers[0], answers[1])
  assert.deepEqual(messages(), ['once'])
})

test('the key of one project says nothing about another', async t => {
  const { post, keys, log } = await start(t)
  keys.add('other', { projectId: 'project0bb' })
  const headers = { 'idempotency-key': 'same' }
  await post({ message: 'a' }, headers)
  const other = { ...headers, authorization: 'Bearer other' }
  assert.equal((await post({ message: 'b' }, other))[0], 200)
  assert.deepEqual(
    log.stored.map(({ envelope }) => envelope.projectId),
    ['project0aa', 'project0bb'],
  )
})

test('a large request is cut into batches, in order, that are acknowledged together', async t => {
  const { post, messages, log, arena } = await start(t)
  const headers = { 'idempotency-key': 'large' }
  const records = Array.from({ length: 20_000 }, (_, n) => ({ message: `message ${n}` }))
  assert.deepEqual(await post(records, headers), [200, { accepted: 20_000, rejected: [] }])
  assert.ok(log.stored.length >= 3)
  const requests = log.stored.map(({ envelope }) => envelope.request)
  assert.deepEqual(
    requests.map(request => request?.chunk),
    requests.map((_, index) => index + 1),
  )
  assert.ok(requests.every(request => request?.of === requests.length))
  assert.deepEqual(
    messages(),
    records.map(({ message }) => message),
  )
  assert.equal(arena.bytesInUse, 0)
})

test('a keyed request that failed halfway is completed by its repeat', async t => {
  const { post, messages, log } = await start(t)
  log.autoCommit = false
  const headers = { 'idempotency-key': 'halfway' }
  const records = Array.from({ length: 20_000 }, (_, n) => ({ message: `message ${n}` }))
  const first = post(records, headers)
  while (log.waiting < 3) await nextRound()
  log.commitNext()
  log.fail('disk-full')
  const [status, problem] = await first
  assert.deepEqual([status, problem['code']], [507, 'LOGBOY_DISK_FULL'])
  assert.match(String(problem['detail']), /1 of \d parts were stored; repeat it/)
  log.autoCommit = true
  assert.deepEqual(await post(records, headers), [200, { accepted: 20_000, rejected: [] }])
  assert.deepEqual(
    messages(),
    records.map(({ message }) => message),
  )
})

test('what cannot be taken now says why, and when to come back', async t => {
  const { request, post, log, keys } = await start(t)
  log.unavailable = 'disk-full'
  const full = await request({ message: 'x' })
  assert.deepEqual([full.status, full.headers.get('retry-after')], [507, '1'])
  log.unavailable = 'log-away'
  assert.deepEqual(await code(post({ message: 'x' })), [503, 'LOGBOY_LOG_AWAY'])
  log.unavailable = 'too-many-keys'
  const keyed = await request({ message: 'x' }, { 'idempotency-key': 'one-more' })
  assert.deepEqual([keyed.status, keyed.headers.get('retry-after')], [429, '1'])
  assert.match(await keyed.text(), /LOGBOY_TOO_MANY_KEYS.*Idempotency-Keys.*nothing was stored/)
  log.unavailable = null
  keys.add(KEY, { recordsPerSecond: 1 })
  assert.equal((await post([{}, {}, {}]))[0], 200)
  const over = await request({ message: 'x' })
  assert.deepEqual([over.status, over.headers.get('retry-after')], [429, '2'])
  keys.add(KEY)
  log.bug = new Error('a bug')
  assert.deepEqual(await code(post({ message: 'x' })), [503, 'LOGBOY_OVERLOADED'])
})

test('what may have been stored is never called not stored', async t => {
  const { post, log } = await start(t)
  const detail = async (headers?: Record<string, string>): Promise<string> =>
    String((await post({ message: 'x' }, headers))[1]['detail'])
  log.unavailable = 'disk-full'
  assert.match(await detail(), /nothing was stored$/)
  log.mayBeStored = true
  for (const reason of ['log-away', 'disk-failed', 'disk-full'] as const) {
    log.unavailable = reason
    assert.match(await detail(), /not known what was stored; only a request with an Idempotency-/)
  }
  log.unavailable = null
  log.bug = new Error('a bug')
  assert.match(await detail(), /not known what was stored/)
  log.bug = new Error('a bug')
  assert.match(await detail({ 'idempotency-key': 'k' }), /repeat it with the same Idempotency-Key/)
})

test('a number that failed is never used again', async t => {
  const { post, log, messages } = await start(t)
  log.unavailable = 'disk-full'
  await post({ message: 'lost' })
  log.unavailable = null
  await post({ message: 'kept' })
  assert.deepEqual(messages(), ['kept'])
  assert.deepEqual(
    log.stored.map(({ envelope }) => Number(envelope.sequence)),
    [2],
  )
})

test('without memory for all of it nothing of it is stored', async t => {
  const { post, log, arena } = await start(t, 'node', { arenaBytes: 8 * 1024 * 1024 })
  const records = Array.from({ length: 10_000 }, (_, n) => ({ message: `${n} ${'x'.repeat(700)}` }))
  assert.deepEqual(await code(post(records)), [503, 'LOGBOY_OVERLOADED'])
  assert.deepEqual([log.stored.length, arena.bytesInUse], [0, 0])
})

test('keys are judged before the body is looked at', async t => {
  const { post, keys } = await start(t)
  keys.add('reader', { scopes: ['read'] })
  const judged = (authorization: string): Promise<[number, unknown]> =>
    code(post('nonsense', { authorization }))
  assert.deepEqual(await judged(''), [401, 'LOGBOY_KEY_MISSING'])
  assert.deepEqual(await judged('Basic abc'), [401, 'LOGBOY_KEY_MISSING'])
  assert.deepEqual(await judged('Bearer nobody'), [401, 'LOGBOY_KEY_UNKNOWN'])
  assert.deepEqual(await judged('Bearer reader'), [403, 'LOGBOY_SCOPE_MISSING'])
  assert.deepEqual(await code(post({}, { 'idempotency-key': 'x'.repeat(256) })), [
    400,
    'LOGBOY_BAD_HEADER',
  ])
})

/** A keeper of dead letters that fails is no bug of the door. */
function isBug(fault: string): boolean {
  return !fault.includes('keeper')
}

type Posted = [number, Record<string, unknown>]

async function code(posted: Promise<Posted>): Promise<[number, unknown]> {
  const [status, body] = await posted
  return [status, body['code']]
}

async function start(
  t: TestContext,
  driver: HttpDriverName = 'node',
  options: IngestWorldOptions = {},
) {
  const world = ingestWorld(t, options)
  const routes = ingestRoutes({ ...world.deps, log: world.log, random: systemRandom })
  const server = await startTestServer(t, { driver, routes })
  t.after(() => assert.deepEqual(world.doorFaults.map(String).filter(isBug), []))
  const request = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      body: bodyOf(body),
    })
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<Posted> => {
    const reply = await request(body, headers)
    return [reply.status, (await reply.json()) as Record<string, unknown>]
  }
  const messages = (): string[] =>
    world.log.stored.flatMap(({ bytes }) =>
      readColumns(openProven(bytes)).map(({ texts }) => texts.message),
    )
  return { ...world, ...server, request, post, messages }
}

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body)
}
