/** `logboy db` on a real PostgreSQL, and from the embedded catalog to it and back. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { openEmbeddedCatalog, openPostgresCatalog } from '#actors/catalog/open-catalog.ts'
import { fillAwkwardly } from '#actors/catalog/testing/awkward-catalog.ts'
import { ownDatabase } from '#actors/catalog/testing/own-database.ts'
import { runLogboy } from './testing/run-logboy.ts'

const server = process.env['DATABASE_URL']

if (server === undefined) {
  test('logboy db on PostgreSQL', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  suite('logboy db on PostgreSQL', { timeout: 240_000 }, () => {
    test('a backup goes from the embedded catalog to PostgreSQL and back, unchanged', async t => {
      const folder = temporary(t)
      const [from, back] = [join(folder, 'from'), join(folder, 'back')]
      const catalog = await openEmbeddedCatalog(from)
      await fillAwkwardly(catalog)
      await catalog.close()
      const text = await ok(['backup', '--data', from])

      const { url } = await database(t)
      assert.match(await ok(['restore', '-', '--database-url', url], text), /restored 2 projects/)
      assert.equal(await ok(['backup', '--database-url', url]), text)
      await ok(['restore', '-', '--data', back], await ok(['backup', '--database-url', url]))
      assert.equal(await ok(['backup', '--data', back]), text)
    })

    test('psql restores a backup into an empty database', async t => {
      const { url } = await database(t)
      const catalog = await openPostgresCatalog({ url, connections: 1 })
      await fillAwkwardly(catalog)
      await catalog.close()
      const text = await ok(['backup', '--database-url', url])
      const file = join(temporary(t), 'backup.sql')
      writeFileSync(file, text)
      const other = await database(t)
      await promisify(execFile)('psql', ['-v', 'ON_ERROR_STOP=1', '-q', '-f', file, other.url])
      assert.equal(await ok(['backup', '--database-url', other.url]), text)
      assert.match(await ok(['migrate', '--database-url', other.url]), /^nothing to do\n/)
    })

    test('init makes the database, too; reset asks for its name', async t => {
      const own = await ownDatabase(server)
      const url = new URL(own.url)
      url.pathname += '_more'
      const name = url.pathname.slice(1)
      t.after(async () => {
        await own.drop(name)
        await own.drop()
      })
      const at = ['--database-url', url.href]
      const missing = await runLogboy(['db', 'status', ...at])
      assert.match(missing.stderr, /^logboy: .* does not exist; `logboy db init` makes it\n$/)
      assert.match(await ok(['init', ...at]), /^applied 0001-projects\.sql\n/)
      assert.equal((await runLogboy(['db', 'reset', ...at], { input: 'nonsense' })).code, 1)
      await ok(['reset', ...at], name)
    })

    test('a database without a catalog is told in one line', async t => {
      const { url } = await database(t)
      const { code, stderr } = await runLogboy(['db', 'backup', '--database-url', url])
      assert.equal(code, 1)
      assert.match(stderr, /^logboy: the database holds no catalog; `logboy db init` makes one\n$/)
    })

    test('a database that servers use is not emptied under them', async t => {
      const { url, name } = await database(t)
      const catalog = await openPostgresCatalog({ url, connections: 1 })
      await catalog.version()
      const used = await runLogboy(['db', 'reset', '--yes', name, '--database-url', url])
      await catalog.close()
      assert.equal(used.code, 1)
      assert.match(used.stderr, /^logboy: .* is in use by servers on 127\.0\.0\.1.*\n$/)
    })
  })

  async function database(t: TestContext) {
    const own = await ownDatabase(server as string)
    t.after(() => own.drop())
    return own
  }
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-db-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function ok(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runLogboy(['db', ...args], { input })
  assert.equal(code, 0, stderr)
  return stdout
}
