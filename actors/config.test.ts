import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, flagOf, loadConfig } from './config.ts'
import { SETTINGS } from './settings.ts'

test('defaults need no setting at all', () => {
  const config = loadConfig({ env: {}, folder: '/nonexistent' })
  assert.deepEqual(config.httpPorts, [4000])
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.diskReserveBytes, 64 * 1024 * 1024)
  assert.equal(config.journalKeepMs, 15 * 60_000)
})

test('a flag wins over a variable, a variable over .env, .env over the file', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'logboy.yaml')
  writeFileSync(file, 'host: file\ngrpc-port: 1\nLOGBOY_WORKERS: 7\nhttp_port: 5')
  writeFileSync(join(folder, '.env'), 'LOGBOY_HOST=dotenv\nLOGBOY_GRPC_PORT=2\nLOGBOY_HTTP_PORT=6')
  const env = { LOGBOY_CONFIG: file, LOGBOY_HOST: 'env', LOGBOY_GRPC_PORT: '3' }
  const config = loadConfig({ env, folder, flags: { host: 'flag' } })
  assert.equal(config.host, 'flag')
  assert.equal(config.grpcPort, 3)
  assert.deepEqual(config.httpPorts, [6])
  assert.equal(config.workers, 7)
})

test('a bad value names the variable and what would do', () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ LOGBOY_HTTP_PORT: '99999' }, /LOGBOY_HTTP_PORT=99999: expected a port/],
    [{ LOGBOY_DISK_RESERVE: 'lots' }, /LOGBOY_DISK_RESERVE=lots: expected a size/],
    [{ LOGBOY_FLUSH_INTERVAL: '5 parsecs' }, /expected a time/],
    [{ LOGBOY_HTTP_DRIVER: 'apache' }, /expected uws, node or auto/],
    [{ LOGBOY_TLS_CERT: 'a.pem' }, /needed together/],
    [{ LOGBOY_CONFIG: '/nonexistent.yaml' }, /no such file/],
  ]
  for (const [env, message] of cases) {
    assert.throws(
      () => loadConfig({ env, folder: '/nonexistent' }),
      error => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('the catalog is embedded unless an address is given, whole or in parts', t => {
  const folder = '/nonexistent'
  const urlOf = (env: Record<string, string>) => loadConfig({ env, folder }).databaseUrl
  assert.equal(urlOf({ POSTGRES_PASSWORD: 'unused' }), '')
  const parts = { POSTGRES_HOST: 'db', POSTGRES_USER: 'a@b', POSTGRES_PASSWORD: 'p/:%x' }
  const url = new URL(urlOf(parts))
  assert.equal(url.host + url.pathname, 'db:5432/logboy')
  assert.equal(decodeURIComponent(url.username), 'a@b')
  assert.equal(decodeURIComponent(url.password), 'p/:%x')
  assert.equal(urlOf({ ...parts, DATABASE_URL: 'postgres://x/y' }), 'postgres://x/y')
  assert.equal(new URL(urlOf({ POSTGRES_HOST: '::1' })).host, '[::1]:5432')
  assert.match(urlOf({ POSTGRES_HOST: '/run/pg' }), /^postgres:\/\/\/logboy\?host=%2Frun%2Fpg/)
  const file = join(mkdtempSync(join(tmpdir(), 'logboy-config-')), 'a.yaml')
  t.after(() => rmSync(dirname(file), { recursive: true }))
  writeFileSync(file, 'database_url: postgres://from/yaml')
  assert.equal(urlOf({ LOGBOY_CONFIG: file }), 'postgres://from/yaml')
})

test('a secret may stand in a file of its own, and is never told', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'password')
  writeFileSync(file, 'hunter2\n')
  const env = { POSTGRES_HOST: 'db', POSTGRES_PASSWORD_FILE: file }
  assert.equal(new URL(loadConfig({ env, folder }).databaseUrl).password, 'hunter2')
  const both = { ...env, POSTGRES_PASSWORD: 'nearer' }
  assert.equal(new URL(loadConfig({ env: both, folder }).databaseUrl).password, 'nearer')
  const missing = { DATABASE_URL_FILE: join(folder, 'missing') }
  assert.throws(() => loadConfig({ env: missing, folder }), /DATABASE_URL_FILE=.*cannot be read/)
  assert.throws(
    () => loadConfig({ env: { DATABASE_URL: 'mysql://u:hunter2@h/d' }, folder }),
    (error: Error) => error.message.startsWith('DATABASE_URL: expected postgres'),
  )
})

test('an unknown setting in the file is told, not ignored', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.yaml'), 'hots: 1.2.3.4')
  const env = { LOGBOY_CONFIG: join(folder, 'a.yaml') }
  assert.throws(() => loadConfig({ env, folder }), /unknown setting LOGBOY_HOTS/)
})

test('every setting stands in docs/configuration.md and .env.example with its default', () => {
  const doc = readFileSync('docs/configuration.md', 'utf8')
  const example = readFileSync('.env.example', 'utf8')
  for (const { env, default: standard, doc: text } of Object.values(SETTINGS)) {
    const value = standard === '' ? '' : `\`${standard}\``
    const row = `| \`${env}\` | \`--${flagOf(env)}\` | ${value} | ${text} |`
    assert.ok(doc.includes(row), `docs/configuration.md lacks the row ${row}`)
    assert.ok(example.includes(`#${env}=${standard}`), `.env.example lacks #${env}=${standard}`)
  }
})
