/** The whole server on a real PostgreSQL: starting, losing it, and getting it back. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { createPool, sql } from 'slonik'
import { RunningServer } from '#actors/testing/running-server.ts'
import type { Problem, ProjectCreated } from '#proto/api.ts'
import { BreakingProxy } from './testing/breaking-proxy.ts'
import { ownDatabase } from './testing/own-database.ts'

const server = process.env['DATABASE_URL']

if (server === undefined) {
  test('the server on PostgreSQL', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  suite('the server on PostgreSQL', { timeout: 120_000 }, () => {
    test('ingest goes on without it, changes are refused, all resumes by itself', async t => {
      const { proxy, url } = await proxied(t)
      const running = await started(t, url)
      const create = (name: string) =>
        running.call<ProjectCreated & Problem>('POST', '/api/v1/projects', { body: { name } })
      const { body: shop } = await create('shop')
      const { body: idle } = await create('idle')
      assert.equal((await running.ingest(shop.ingest_key, { message: 'before' })).status, 200)
      proxy.mode = 'refuse'
      assert.equal((await running.ingest(shop.ingest_key, { message: 'meanwhile' })).status, 200)
      const strange = await running.ingest(idle.ingest_key, { message: 'nobody knows me' })
      assert.equal(strange.status, 503)
      assert.equal(strange.headers.get('retry-after'), '1')
      const refused = await create('never')
      assert.deepEqual([refused.status, refused.body.code], [503, 'LOGBOY_CATALOG_AWAY'])
      proxy.mode = 'pass'
      assert.equal((await running.ingest(idle.ingest_key, { message: 'now' })).status, 200)
      assert.equal((await create('again')).status, 201)
      const path = `/api/v1/projects/${shop.id}/keys`
      const { body: keys } = await running.call<{ keys: { id: string }[] }>('GET', path)
      for (const { id } of keys.keys) {
        assert.equal((await running.call('DELETE', `${path}/${id}`)).status, 204)
      }
      assert.equal((await running.ingest(shop.ingest_key, { message: 'revoked' })).status, 401)
    })

    test('two that start at once on an empty database share it', async t => {
      const database = await ownDatabase(server)
      t.after(() => database.drop())
      const [one, other] = await Promise.all([started(t, database.url), started(t, database.url)])
      const shop = await one.createProject('shop')
      assert.equal((await other.ingest(shop.ingest_key, { message: 'hello' })).status, 200)
    })

    test('one that starts before its database waits for it', async t => {
      const { proxy, url } = await proxied(t)
      proxy.mode = 'refuse'
      proxy.onceRefused(() => {
        proxy.mode = 'pass'
      })
      const running = await started(t, url)
      assert.equal((await running.call('GET', '/ready', { token: null })).status, 200)
    })

    test('what cannot be used ends the start with one line and without the password', async t => {
      const database = await ownDatabase(server)
      t.after(() => database.drop())
      const host = new URL(database.url).host
      const failures: readonly (readonly [string, RegExp])[] = [
        [
          'postgres://u:hunter2@127.0.0.1:1/logs',
          /^logboy: no PostgreSQL answers at 127.0.0.1:1\/logs: .*ECONNREFUSED.*\n$/,
        ],
        [
          `postgres://logboy:hunter2@${host}/nosuchdatabase`,
          /^logboy: the PostgreSQL at .*\/nosuchdatabase refuses: database .* does not exist.*\n$/,
        ],
        ['mysql://u:hunter2@h/d', /^logboy: DATABASE_URL: expected postgres:\/\/.*\n$/],
      ]
      for (const [url, line] of failures) {
        const { code, stderr } = await serve(t, url)
        assert.equal(code, 1)
        assert.match(stderr, line)
        assert.doesNotMatch(stderr, /hunter2/)
      }
    })

    test('a catalog of a newer version is refused unharmed', async t => {
      const database = await ownDatabase(server)
      t.after(() => database.drop())
      await (await started(t, database.url)).stop()
      const pool = await createPool(database.url, { maximumPoolSize: 1 })
      t.after(() => pool.end())
      await pool.query(sql.unsafe`INSERT INTO applied_migrations (name) VALUES ('9999-future.sql')`)
      const { code, stderr } = await serve(t, database.url)
      assert.equal(code, 1)
      assert.match(stderr, /^logboy: the catalog was written by a newer version .*9999-future.*\n$/)
    })
  })

  async function proxied(t: TestContext) {
    const database = await ownDatabase(server as string)
    t.after(() => database.drop())
    const proxy = new BreakingProxy(database.url)
    const url = await proxy.open()
    t.after(() => proxy.close())
    return { proxy, url }
  }

  async function started(t: TestContext, url: string): Promise<RunningServer> {
    const running = await RunningServer.start({ 'database-url': url })
    t.after(async () => {
      await running.stop()
      running.remove()
    })
    return running
  }

  /** `logboy serve` as a process of its own, which is expected to end. */
  function serve(t: TestContext, url: string): Promise<{ code: number | null; stderr: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'logboy-postgres-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const ports = ['--http-port', '0', '--grpc-port', '0', '--otlp-http-port', 'off']
    const flags = ['--data', folder, ...ports, '--start-wait', '0s']
    const child = spawn(process.execPath, ['actors/cli/logboy.ts', 'serve', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DATABASE_URL: url },
    })
    t.after(() => child.kill('SIGKILL'))
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    return new Promise(resolve => {
      child.on('close', code => resolve({ code, stderr }))
    })
  }
}
