import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DataFolderError, lockDataFolder } from './data-folder-lock.ts'

function temporary(t: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a second server is refused, and told the pid of the first', t => {
  const folder = temporary(t)
  const release = lockDataFolder(folder)
  assert.throws(
    () => lockDataFolder(folder),
    (error: unknown) =>
      error instanceof DataFolderError &&
      error.code === 'LOGBOY_DATA_IN_USE' &&
      error.message.includes(`pid ${process.pid}`),
  )
  release()
  lockDataFolder(folder)()
})

test('a lock of another boot, of a dead process, of a reused pid or half-written is taken over', t => {
  const folder = temporary(t)
  const path = join(folder, 'lock')
  const release = lockDataFolder(folder)
  const own = JSON.parse(readFileSync(path, 'utf8'))
  release()
  const stale = [
    JSON.stringify({ ...own, boot: 'another' }),
    JSON.stringify({ ...own, pid: 2 ** 22 - 1 }),
    JSON.stringify({ ...own, started: '1' }),
    '{"pid":',
  ]
  for (const text of stale) {
    writeFileSync(path, text)
    lockDataFolder(folder)()
  }
})

test('a folder that cannot be made is told with its reason', t => {
  const file = join(temporary(t), 'file')
  writeFileSync(file, '')
  assert.throws(() => lockDataFolder(join(file, 'data')), /cannot be written: ENOTDIR/)
})
