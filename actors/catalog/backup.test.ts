import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { backup } from './backup.ts'
import { embeddedFolder, ensureEmptyDatabase } from './embedded-folder.ts'
import { inspect } from './inspect.ts'
import { CatalogTooNewError, readMigrations } from './migrate.ts'
import { openEmbeddedCatalog } from './open-catalog.ts'
import { RestoreError, restore } from './restore.ts'
import { type Ask, openEmbeddedSession } from './session.ts'
import { backupOf, fillAwkwardly, piecesOf } from './testing/awkward-catalog.ts'

const folder = mkdtempSync(join(tmpdir(), 'logboy-backup-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function withSession<Result>(
  dataFolder: string,
  work: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  await ensureEmptyDatabase(embeddedFolder(dataFolder))
  const session = await openEmbeddedSession(embeddedFolder(dataFolder))
  try {
    return await work(session.ask)
  } finally {
    await session.close()
  }
}

test('a backup comes back as it was, values of every kind; nothing full is overwritten', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  const catalog = await openEmbeddedCatalog(from)
  await fillAwkwardly(catalog)
  const throughTheServer = await catalog.backup()
  await catalog.close()
  const text = await withSession(from, backupOf)
  assert.equal(throughTheServer, text)
  await withSession(to, async ask => {
    // In pieces that cut anywhere.
    await restore(piecesOf(text, 7), ask)
    assert.equal(await backupOf(ask), text)
    await assert.rejects(restore(piecesOf(text), ask), /holds something already/)
    assert.equal(await backupOf(ask), text)
  })
  const restored = await openEmbeddedCatalog(to)
  assert.equal((await restored.projects()).length, 2)
  await restored.close()
})

test('what is no backup, is broken or newer, changes nothing', async () => {
  const data = join(folder, 'unchanged')
  const catalog = await openEmbeddedCatalog(data)
  await catalog.close()
  await withSession(data, async ask => {
    const before = await backupOf(ask)
    const future = before.replace('COMMIT;', "INSERT INTO applied_migrations VALUES ('9999');")
    await assert.rejects(restore(piecesOf('SELECT 1;'), ask), /no backup of a catalog/)
    await assert.rejects(restore(piecesOf(before.slice(0, 900)), ask), RestoreError)
    await assert.rejects(restore(piecesOf(`${before}nonsense;`), ask), /nonsense/)
    await assert.rejects(restore(piecesOf(future), ask), CatalogTooNewError)
    assert.equal(await backupOf(ask), before)
  })
})

test('the state of a catalog names what is applied, what is due, and what it holds', async () => {
  await withSession(join(folder, 'state'), async ask => {
    const empty = await inspect(ask)
    assert.deepEqual(empty.applied, [])
    assert.equal(empty.pending.length, readMigrations().length)
    assert.ok(empty.bytes > 0)
    await assert.rejects(async () => {
      for await (const _ of backup(ask)) assert.fail('there is nothing to back up')
    })
  })
})

test('no migration makes a sequence: a backup would not hold its position', () => {
  for (const { name, text } of readMigrations()) {
    assert.doesNotMatch(text, /\b(small|big)?serial\b|GENERATED .* AS IDENTITY|SEQUENCE/i, name)
  }
})
