import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { type LoggerOptions, readSettings, type Settings } from './environment.ts'

const key = 'lb_abc_def'

function settings(options: LoggerOptions, environment: Record<string, string> = {}): Settings {
  const read = readSettings({ key, ...options }, environment)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

function fault(options: LoggerOptions, environment: Record<string, string> = {}): string {
  const read = readSettings(options, environment)
  assert.ok(read.type === 'fault')
  return read.reason
}

test('an http address has gRPC beside it at port 4317', () => {
  const { grpcOrigin, httpOrigin } = settings({ url: 'http://localhost:4000' })
  assert.equal(grpcOrigin, 'http://localhost:4317')
  assert.equal(httpOrigin, 'http://localhost:4000')
  const secure = settings({ url: 'https://logs.example.org' })
  assert.equal(secure.grpcOrigin, 'https://logs.example.org:4317')
  assert.equal(secure.httpOrigin, 'https://logs.example.org:443')
})

test('a grpc address has no fallback, its own port, and TLS as grpcs', () => {
  assert.deepEqual(settings({ url: 'grpc://127.0.0.1' }).grpcOrigin, 'http://127.0.0.1:4317')
  const { grpcOrigin, httpOrigin } = settings({ url: 'grpcs://logs.example.org:444' })
  assert.equal(grpcOrigin, 'https://logs.example.org:444')
  assert.equal(httpOrigin, null)
})

test('options come before the environment, the environment before defaults', () => {
  const environment = {
    LOGBOY_URL: 'http://localhost:1',
    LOGBOY_GRPC_URL: 'grpc://localhost:2',
    LOGBOY_KEY: 'lb_env',
    LOGBOY_SERVICE: 'env-service',
    LOGBOY_EXIT_FLUSH_MS: '750',
    OTEL_SERVICE_NAME: 'otel-service',
  }
  const read = readSettings({}, environment)
  assert.ok(read.type === 'settings')
  assert.equal(read.settings.key, 'lb_env')
  assert.equal(read.settings.httpOrigin, 'http://localhost:1')
  assert.equal(read.settings.grpcOrigin, 'http://localhost:2')
  assert.equal(read.settings.service, 'env-service')
  assert.equal(read.settings.exitFlushMs, 750)
  const own = settings({ service: 'mine', url: 'http://localhost:9', exitFlushMs: 5 }, environment)
  assert.equal(own.service, 'mine')
  assert.equal(own.httpOrigin, 'http://localhost:9')
  assert.equal(own.exitFlushMs, 5)
  assert.equal(settings({}, { OTEL_SERVICE_NAME: 'otel-service' }).service, 'otel-service')
  const none = settings({})
  assert.equal(none.httpOrigin, 'http://127.0.0.1:4000')
  assert.equal(none.exitFlushMs, 2_000)
  assert.notEqual(none.service, '')
  for (const text of ['soon', '', ' ']) {
    assert.equal(settings({}, { LOGBOY_EXIT_FLUSH_MS: text }).exitFlushMs, 2_000)
  }
})

test('a key does not travel unencrypted beyond this machine, unless that is asked for', () => {
  for (const url of [
    'http://logs.example.org:4000',
    'grpc://10.0.0.1',
    'http://127.0.0.1.evil.org',
  ]) {
    assert.match(fault({ key, url }), /unencrypted/)
    assert.equal(readSettings({ key, url, insecure: true }, {}).type, 'settings')
    assert.equal(readSettings({ key, url }, { LOGBOY_INSECURE: '1' }).type, 'settings')
  }
  assert.match(fault({ key, url: 'https://a.org', grpcUrl: 'grpc://b.org' }), /b\.org/)
  for (const url of [
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'http://app.localhost',
    'https://x.org',
  ]) {
    assert.equal(readSettings({ key, url }, {}).type, 'settings', url)
  }
})

test('what cannot work is told', () => {
  assert.match(fault({}), /no key/)
  assert.match(fault({ key, url: 'ftp://x' }), /none of http/)
  assert.match(fault({ key, url: 'nonsense' }), /none of http/)
  assert.match(fault({ key, ca: '/nowhere/ca.pem' }), /certificate authority/)
})

test('a spool is there when a folder is named, and can be refused', () => {
  assert.equal(settings({}).spool, null)
  assert.equal(settings({}, { LOGBOY_SPOOL: '' }).spool, null)
  const standard = { folder: '/spool', maxBytes: 256 * 1024 * 1024 }
  assert.deepEqual(settings({}, { LOGBOY_SPOOL: '/spool' }).spool, standard)
  assert.deepEqual(settings({ spool: { folder: '/spool' } }).spool, standard)
  const environment = { LOGBOY_SPOOL: '/spool', LOGBOY_SPOOL_BYTES: '2GiB' }
  assert.equal(settings({}, environment).spool?.maxBytes, 2 ** 31)
  assert.equal(settings({ spool: false }, environment).spool, null)
  const own = settings({ spool: { folder: 'mine', maxBytes: 5 } }, environment).spool
  assert.deepEqual(own, { folder: resolve('mine'), maxBytes: 5 })
  for (const [text, bytes] of [
    ['1048576', 2 ** 20],
    ['512 MiB', 2 ** 29],
    ['3KiB', 3_072],
    ['much', 2 ** 28],
    ['', 2 ** 28],
  ] as const) {
    const read = settings({}, { LOGBOY_SPOOL: '/spool', LOGBOY_SPOOL_BYTES: text })
    assert.equal(read.spool?.maxBytes, bytes, text)
  }
})

test('an authority is given as PEM or as a file with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-sdk-'))
  try {
    const file = join(folder, 'ca.pem')
    const pem = '-----BEGIN CERTIFICATE-----\nx\n'
    writeFileSync(file, pem)
    assert.equal(settings({ ca: file }).authority, pem)
    assert.equal(settings({}, { LOGBOY_CA: file }).authority, pem)
    assert.equal(settings({ ca: pem }).authority, pem)
    assert.equal(settings({}).authority, null)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
