import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { lockDataFolder } from '#actors/data-folder-lock.ts'
import { systemRandom } from '#runtime/random.ts'
import { runLogboy } from './testing/run-logboy.ts'

suite('logboy db on the embedded catalog', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-db-'))
  const data = join(folder, 'data')
  after(() => rmSync(folder, { recursive: true, force: true }))

  const db = (args: readonly string[], input = '') =>
    runLogboy(['db', ...args, '--data', data], { input })
  const ok = async (args: readonly string[], input = ''): Promise<string> => {
    const { code, stdout, stderr } = await db(args, input)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const INSERT = `INSERT INTO projects (id, name, created_at_us, retention_days)
    VALUES ('abcdefghij', 'a;b', 1, 30);`

  test('init, change, back up, empty, restore', async () => {
    const missing = await db(['status'])
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /^logboy: there is no catalog in .*`logboy db init` makes one\n$/)
    assert.equal(existsSync(data), false)

    const made = JSON.parse(await ok(['init', '--json'])) as { applied: string[] }
    assert.equal(made.applied[0], '0001-projects.sql')
    assert.match(await ok(['migrate']), /^nothing to do\n/)

    const answer = await ok(['shell', '--json'], `${INSERT} SELECT name\nFROM projects;`)
    assert.equal(answer, '{"name":"a;b"}\n')
    const broken = await db(['shell'], 'SELECT 1;\nSELECT nonsense;\nSELECT 2;\n')
    assert.equal(broken.code, 1)
    assert.match(broken.stdout, /^\?column\?\n1\n\(1 row\)\n$/)
    assert.match(broken.stderr, /^ERROR: .*nonsense.*\nlogboy: stopped at the first error\n$/)
    const refused = await db(['shell', '--read-only'], 'DELETE FROM projects;')
    assert.match(refused.stderr, /read-only/)

    const file = join(folder, 'backup.sql')
    await ok(['backup', file])
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const text = readFileSync(file, 'utf8')
    assert.equal(await ok(['backup']), text)

    const full = await db(['restore', file])
    assert.match(full.stderr, /^logboy: the catalog holds something already; .*reset.*\n$/)

    const wrong = await db(['reset'], 'dat\n')
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /holds 1 projects and 0 keys.*type data: .*nothing was changed\n$/s)
    assert.equal((await db(['reset', '--yes', 'other'])).code, 1)
    await ok(['reset'], 'data\n')
    const empty = JSON.parse(await ok(['status', '--json'])) as { rows: Record<string, number> }
    assert.equal(empty.rows['projects'], 0)

    await ok(['restore', '-'], text)
    assert.equal(await ok(['backup']), text)
    assert.match(await ok(['status']), /^projects +1$/m)
  })

  test('what is no backup changes nothing and is told in one line', async () => {
    const file = join(folder, 'other.sql')
    writeFileSync(file, 'CREATE TABLE other (a int);')
    const { code, stderr } = await runLogboy(['db', 'restore', file, '--data', join(folder, 'x')])
    assert.equal(code, 1)
    assert.match(stderr, /^logboy: this is no backup of a catalog; nothing was changed\n$/)
  })

  test('files that cannot be used are told in one line', async () => {
    const absent = join(folder, 'absent', 'file.sql')
    for (const [args, message] of [
      [['restore', absent], /^logboy: .*file\.sql cannot be read: ENOENT\n$/],
      [['backup', absent], /^logboy: .*file\.sql\.part cannot be written: ENOENT\n$/],
    ] as const) {
      const { code, stderr } = await db(args)
      assert.equal(code, 1)
      assert.match(stderr, message)
    }
  })

  test('a folder that a server holds is left alone', async () => {
    const release = await lockDataFolder(data, systemRandom)
    try {
      const before = await db(['reset', '--yes', 'data'])
      assert.equal(before.code, 1)
      assert.match(before.stderr, /^logboy: .* is in use by the server with pid \d+; .*\n$/)
    } finally {
      release()
    }
  })
})
