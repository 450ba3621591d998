/** Bad input through every door of a server process: a clear answer, and the server goes on. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import WebSocket from 'ws'
import type { IngestReply, Problem, ProjectCreated } from '#proto/api.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { encodeClientMessage } from '#proto/stream.ts'
import { pause } from '#runtime/clock.ts'
import { testBatch } from './gateway/testing/ingest-world.ts'
import { StreamClient } from './gateway/testing/stream-client.ts'
import { RawConnection } from './http/testing/raw-connection.ts'
import { LYING_BATCHES } from './testing/lying-batches.ts'
import { ServerProcess } from './testing/server-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'logboy-bad-input-'))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const driver of ['uws', 'node']) doors(driver)

function doors(driver: string): void {
  suite(`bad input (${driver})`, { timeout: 240_000 }, () => {
    let server: ServerProcess
    let url: string
    let adminToken: string
    let project: ProjectCreated
    let grpcPort: number
    let stored = 0
    const slow: { readonly name: string; readonly raw: RawConnection }[] = []

    const call = (method: string, path: string, init: RequestInit & { token?: string } = {}) => {
      const { token = adminToken, headers, ...rest } = init
      return fetch(url + path, {
        method,
        ...rest,
        headers: { authorization: `Bearer ${token}`, ...(headers as Record<string, string>) },
      })
    }
    const ingest = async (
      body: string | Buffer<ArrayBuffer>,
      headers: Record<string, string> = {},
    ) => {
      const token = project.ingest_key
      const reply = await call('POST', '/ingest', { token, body, headers })
      const answer = (await reply.json()) as Partial<Problem & IngestReply>
      stored += answer.accepted ?? 0
      return { ...answer, status: reply.status }
    }
    const port = (): number => Number(new URL(url).port)
    const newKey = async (scope: string): Promise<{ id: string; key: string }> => {
      const body = JSON.stringify({ name: scope, scopes: [scope] })
      const reply = await call('POST', `/api/v1/projects/${project.id}/keys`, { body })
      return (await reply.json()) as { id: string; key: string }
    }
    const revoke = (id: string) => call('DELETE', `/api/v1/projects/${project.id}/keys/${id}`)

    before(async () => {
      server = new ServerProcess(folder, { 'http-driver': driver, 'log-level': 'warn' })
      url = await server.ready()
      const { note } = server
      adminToken = note.adminToken
      grpcPort = Number(new URL(note.grpc).port)
      const body = JSON.stringify({ name: `attacked ${driver}` })
      project = (await (await call('POST', '/api/v1/projects', { body })).json()) as ProjectCreated
      // What takes its time begins first: the real limits are ten and fifteen seconds.
      const key = `Authorization: Bearer ${project.ingest_key}`
      const body500 = `POST /ingest HTTP/1.1\r\nHost: x\r\n${key}\r\nContent-Length: 500\r\n\r\n`
      const starts = {
        'headers that stop': 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ',
        'a body that stops': `${body500}[{"message":"half`,
        'a body that crawls': body500,
      }
      for (const [name, text] of Object.entries(starts)) {
        const raw = await RawConnection.open(port())
        raw.send(text)
        slow.push({ name, raw })
      }
    })
    after(async () => {
      for (const { raw } of slow) raw.destroy()
      await server.stop('SIGKILL')
    })

    test('keys: missing, unknown, revoked, of the wrong scope', async () => {
      const read = await newKey('read')
      const revoked = await newKey('ingest')
      await revoke(revoked.id)
      const cases = [
        ['', 401, 'LOGBOY_KEY_MISSING'],
        ['not-a-key', 401, 'LOGBOY_KEY_UNKNOWN'],
        [`lb_aaaaaaaaaaaa_${'x'.repeat(40)}`, 401, 'LOGBOY_KEY_UNKNOWN'],
        [`${project.ingest_key}x`, 401, 'LOGBOY_KEY_UNKNOWN'],
        [revoked.key, 401, 'LOGBOY_KEY_REVOKED'],
        [read.key, 403, 'LOGBOY_SCOPE_MISSING'],
      ] as const
      for (const path of ['/ingest', '/ingest/batch']) {
        for (const [token, expected, code] of cases) {
          const reply = await call('POST', path, { token, body: '{}' })
          const problem = (await reply.json()) as Problem
          assert.deepEqual([reply.status, problem.code], [expected, code], `${path} ${token}`)
          const challenge = reply.headers.get('www-authenticate')
          assert.equal(challenge !== null, expected === 401)
        }
      }
    })

    test('what is no request of OpenTelemetry is answered in its own words', async () => {
      const cases: readonly (readonly [type: string, body: string | Buffer<ArrayBuffer>])[] = [
        ['application/json', '{"resourceLogs":'],
        ['application/json', `{"a":${'['.repeat(100_000)}`],
        ['application/json', '{"resourceLogs":[{"scopeLogs":[{"logRecords":7}]}]}'],
        ['application/x-protobuf', Buffer.from('0a05', 'hex')],
        ['application/x-protobuf', Buffer.from('0affffffffffffffffff01', 'hex')],
        ['application/x-protobuf', Buffer.from('7b'.repeat(1_000), 'hex')],
      ]
      for (const [type, body] of cases) {
        const headers = { 'content-type': type }
        const reply = await call('POST', '/v1/logs', { token: project.ingest_key, body, headers })
        const text = await reply.text()
        assert.deepEqual([reply.status, reply.headers.get('content-type')], [400, type])
        assert.match(text, /LOGBOY_BAD_BODY: not an OTLP request: /)
      }
    })

    test('bodies that are no logs say where they are wrong, and nothing of them is stored', async () => {
      const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
      const cases: readonly (readonly [body: string, detail: RegExp])[] = [
        ['{"message":"x",}', /not JSON at byte 15/],
        ['[{"message":"x"}', /not JSON at byte 16: it ends too early/],
        ['hello', /not JSON at byte 0/],
        ['', /empty/],
        [deep, /deeper than 64/],
        ['['.repeat(10_000), /not JSON at byte|deeper than 64/],
      ]
      for (const [body, detail] of cases) {
        const reply = await ingest(body)
        assert.deepEqual([reply.status, reply.code], [400, 'LOGBOY_BAD_BODY'], body.slice(0, 40))
        assert.match(reply.detail ?? '', detail)
      }
    })

    test('of 500 records the bad ones are told by number and reason, the others stored', async () => {
      const lines = Array.from({ length: 500 }, (_, n) => Buffer.from(`{"message":"good ${n}"}\n`))
      lines[7] = Buffer.from('{"message":"old","time":"1066-10-14T09:00:00Z"}\n')
      lines[77] = Buffer.from('{"message":"b\xffd"}\n', 'latin1')
      lines[177] = Buffer.from(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}\n`)
      lines[277] = Buffer.from(`{"message":"${'x'.repeat(300_000)}"}\n`)
      lines[377] = Buffer.from('4711\n')
      const reply = await ingest(Buffer.concat(lines))
      assert.deepEqual([reply.status, reply.accepted], [200, 495])
      const { rejected = [] } = reply
      const reasons = [/1970/, /UTF-8/, /deeper than 64/, /longer than 262144 bytes/, /object/]
      assert.deepEqual(
        rejected.map(({ index }) => index),
        [7, 77, 177, 277, 377],
      )
      for (const [at, reason] of reasons.entries()) {
        assert.match(rejected[at]?.reason ?? '', reason)
      }
    })

    test('bombs stop at 16 MiB, damaged and unknown packings are told', async () => {
      const zeros = Buffer.alloc(64 * 1024 * 1024, ' ')
      const bombs = {
        gzip: gzipSync(zeros, { level: 1 }),
        deflate: deflateSync(zeros, { level: 1 }),
        zstd: zstdCompressSync(zeros),
        br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
      }
      for (const [encoding, bomb] of Object.entries(bombs)) {
        assert.ok(bomb.length < 500_000)
        const large = await ingest(bomb, { 'content-encoding': encoding })
        assert.deepEqual([large.status, large.code], [413, 'LOGBOY_BODY_TOO_LARGE'], encoding)
        const cut = await ingest(bomb.subarray(0, 40), { 'content-encoding': encoding })
        assert.deepEqual([cut.status, cut.code], [400, 'LOGBOY_BAD_BODY'], encoding)
      }
      const plain = await ingest(Buffer.alloc(BODY_BYTES_MAX + 1, ' '))
      assert.deepEqual([plain.status, plain.code], [413, 'LOGBOY_BODY_TOO_LARGE'])
      const unknown = await ingest('{}', { 'content-encoding': 'compress' })
      assert.deepEqual([unknown.status, unknown.code], [415, 'LOGBOY_MEDIA_UNSUPPORTED'])
    })

    test('a header of a megabyte, an endless path and half a body end their connection', async t => {
      const attacks = [
        `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1 << 20)}\r\n\r\n`,
        `GET /${'y'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        'NONSENSE\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      ]
      for (const attack of attacks) {
        const raw = await RawConnection.open(port())
        t.after(() => raw.destroy())
        raw.send(attack)
        raw.end()
        assert.match(await raw.closed(), /^(HTTP\/1\.1 (4\d\d|505) |$)/, attack.slice(0, 40))
      }
      const half = await RawConnection.open(port())
      half.send(
        `POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${project.ingest_key}\r\n`,
      )
      half.send('Content-Length: 4000000\r\n\r\n[{"message":"half')
      half.end()
      await half.closed()
    })

    test('paths lead nowhere but to what is served', async () => {
      for (const path of [
        '/../../etc/passwd',
        '/%2e%2e/%2e%2e/etc/passwd',
        '/assets/..%2f..%2f.env',
      ]) {
        const raw = await RawConnection.open(port())
        raw.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        const answer = await raw.closed()
        assert.match(answer, /^HTTP\/1\.1 (200|400|404) /)
        assert.doesNotMatch(answer, /root:|LOGBOY_DATA/)
      }
      assert.equal((await call('GET', '/api/v1/logs/%ff')).status, 400)
      assert.equal((await call('DELETE', '/ingest')).status, 405)
    })

    test('over its quota a project is told when to come back', async () => {
      const body = JSON.stringify({ records_per_second: 10 })
      await call('PATCH', `/api/v1/projects/${project.id}`, { body })
      assert.equal((await ingest('{"message":"a"}\n'.repeat(30))).status, 200)
      const token = project.ingest_key
      const over = await call('POST', '/ingest', { token, body: '{"message":"b"}' })
      assert.equal(over.status, 429)
      assert.equal(((await over.json()) as Problem).code, 'LOGBOY_OVER_QUOTA')
      assert.match(over.headers.get('retry-after') ?? '', /^[1-3]$/)
      const none = JSON.stringify({ records_per_second: 0 })
      await call('PATCH', `/api/v1/projects/${project.id}`, { body: none })
      assert.equal((await ingest('{"message":"b"}')).status, 200)
    })

    test('batches that lie are rejected with the reason, on the stream and over HTTP', async t => {
      const stream = new StreamClient(t, grpcPort)
      stream.hello(project.ingest_key, { producer: 11n })
      assert.equal((await stream.next()).type, 'welcome')
      let sequence = 0
      for (const [name, batch] of Object.entries(LYING_BATCHES)) {
        stream.batch(++sequence, batch)
        const answer = await stream.next()
        assert.equal(answer.type, 'reject', name)
        const reply = await call('POST', '/ingest/batch', {
          token: project.ingest_key,
          body: Uint8Array.from(batch),
          headers: batchHeaders(22, sequence),
        })
        const told = (await reply.json()) as { reject?: unknown; type?: string }
        assert.equal(reply.status, 200, name)
        assert.match(JSON.stringify(told), /reject/, name)
      }
      stream.batch(++sequence, testBatch(3))
      assert.equal((await stream.next()).type, 'ack')
      stored += 3
      stream.end()
      assert.equal((await stream.status).code, status.OK)
    })

    test('streams of strangers, garbage and batches out of turn end with a word', async t => {
      const read = await newKey('read')
      const revoked = await newKey('ingest')
      await revoke(revoked.id)
      const refusals: readonly (readonly [key: string, code: number])[] = [
        ['not-a-key', status.UNAUTHENTICATED],
        [revoked.key, status.UNAUTHENTICATED],
        [read.key, status.PERMISSION_DENIED],
      ]
      for (const [key, code] of refusals) {
        const stream = new StreamClient(t, grpcPort)
        stream.hello(key)
        assert.equal((await stream.status).code, code)
      }
      const batch = { type: 'batch', sequence: 9, schema: 1, batch: testBatch(1) } as const
      const first: readonly (readonly [bytes: Uint8Array, code: number])[] = [
        [Buffer.alloc(11, 0xff), status.INVALID_ARGUMENT],
        [encodeClientMessage(batch), status.INVALID_ARGUMENT],
        [Buffer.alloc(24 * 1024 * 1024), status.RESOURCE_EXHAUSTED],
      ]
      for (const [bytes, code] of first) {
        const stream = new StreamClient(t, grpcPort)
        stream.send(bytes)
        assert.equal((await stream.status).code, code)
      }
      const outOfTurn = new StreamClient(t, grpcPort)
      outOfTurn.hello(project.ingest_key, { producer: 33n })
      await outOfTurn.next()
      outOfTurn.send(encodeClientMessage(batch))
      assert.equal((await outOfTurn.status).code, status.INVALID_ARGUMENT)
      const noHttp2 = await RawConnection.open(grpcPort)
      noHttp2.send(Buffer.alloc(10_000, 0xa5))
      await noHttp2.closed()
    })

    test('a key that is revoked ends its stream within a second', async t => {
      const { id, key } = await newKey('ingest')
      const stream = new StreamClient(t, grpcPort)
      stream.hello(key, { producer: 44n })
      await stream.next()
      await revoke(id)
      const { code, details } = await stream.status
      assert.equal(code, status.UNAUTHENTICATED)
      assert.match(details, /revoked/)
    })

    test('a tail is answered what it gets wrong, and ended where it floods', async () => {
      const token = project.read_key
      const open = (query: string, key = token): WebSocket =>
        new WebSocket(`${url.replace('http', 'ws')}/api/v1/tail?${query}`, {
          headers: { authorization: `Bearer ${key}` },
        })
      const refusals = [
        [open('', 'not-a-key'), 401],
        [open('', project.ingest_key), 403],
        [open('project=nosuchproj'), 404],
        [open('query=%22open'), 400],
        [open('query=%7C%20count'), 400],
        [open('after=made-up'), 400],
      ] as const
      for (const [socket, expected] of refusals) {
        const refused = await new Promise<number | undefined>(resolve => {
          socket.on('error', () => undefined)
          socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
        })
        assert.equal(refused, expected)
      }
      const socket = open('')
      const told = new Promise<unknown>(resolve => {
        socket.on('message', data => {
          const frame = JSON.parse((data as Buffer).toString()) as Record<string, unknown>
          if (frame['type'] === 'error') resolve(frame['code'])
        })
      })
      await new Promise(resolve => socket.once('open', resolve))
      socket.send('{"type":"destroy"}')
      assert.equal(await told, 'LOGBOY_BAD_REQUEST')
      socket.on('error', () => undefined)
      const closed = new Promise(resolve => socket.once('close', resolve))
      socket.send('x'.repeat(100_000))
      await closed
    })

    test('a text that the catalog cannot keep is a bad request, wherever it stands', async () => {
      const rule = (name: string) => ({ name, query: '*', condition: '> 0' })
      const asked = [
        ['POST', '/api/v1/projects', { name: 'a\0b' }],
        ['GET', '/api/v1/projects/a%00b', null],
        ['POST', '/api/v1/alerts/rules', { project: project.id, rule: rule('a\0b') }],
        ['POST', '/api/v1/alerts/rules', { project: project.id, rule: rule('a\ud800b') }],
      ] as const
      for (const [method, path, body] of asked) {
        const reply = await call(method, path, { body: body && JSON.stringify(body) })
        const { code, detail } = (await reply.json()) as { code?: string; detail?: string }
        assert.deepEqual([reply.status, code], [400, 'LOGBOY_BAD_REQUEST'], `${method} ${path}`)
        assert.match(detail ?? '', /cannot be kept: NUL/)
      }
    })

    test('no search keeps the audit log from being written', async () => {
      const change = (config: object) =>
        call('PATCH', '/api/v1/system/config', { body: JSON.stringify(config) })
      assert.equal((await change({ audit_searches: true })).status, 200)
      const body = JSON.stringify({ project: project.id, query: '"a\0b"', limit: 1 })
      assert.equal((await call('POST', '/api/v1/logs/search', { body })).status, 200)
      assert.equal((await change({ audit_searches: false })).status, 200)
      const reply = await call('GET', '/api/v1/audit?limit=2')
      const { entries } = (await reply.json()) as {
        readonly entries: readonly { readonly action: string; readonly detail: object }[]
      }
      assert.deepEqual(
        entries.map(({ action }) => action),
        ['system.update', 'logs.search'],
      )
      assert.partialDeepStrictEqual(entries[1]?.detail, { query: '"a\ufffdb"' })
    })

    test('whoever sends too slowly is sent away', async () => {
      for (const { name, raw } of slow) {
        while (!raw.isClosed) {
          if (name.includes('crawls')) raw.send(' ')
          await Promise.race([raw.closed(), pause(500)])
        }
        assert.match(raw.received, /^(HTTP\/1\.1 408 |$)/, name)
      }
    })

    test('after all that it has what it acknowledged, no fault, no memory held, and ends in order', async () => {
      const body = JSON.stringify({ project: project.id, include: ['total'] })
      const reply = await call('POST', '/api/v1/logs/search', { body })
      assert.equal(((await reply.json()) as { total: number }).total, stored)
      const observed = await (await call('GET', '/api/v1/system/actors')).json()
      const { streams } = observed as { streams: { open: number } }
      assert.equal(streams.open, 0)
      assert.doesNotMatch(server.stderr, /"level":[56]0/)
      assert.equal((await server.stop()).code, 0)
    })
  })
}

function batchHeaders(producer: number, sequence: number): Record<string, string> {
  return {
    'logboy-producer': String(producer),
    'logboy-epoch': '1',
    'logboy-sequence': String(sequence),
    'logboy-first-unacked': '1',
    'logboy-schema': '1',
  }
}
