import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { DataFolderError } from './data-folder.ts'
import { lockDataFolder } from './data-folder-lock.ts'
import { giveStartRoom, keepStartRoom } from './start-room.ts'

const random = seededRandom(3)

test('room is kept once, given back in shares, and filled up again', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-room-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const size = () => statSync(join(folder, 'start-room')).size
  assert.equal(giveStartRoom(folder), false)
  keepStartRoom(folder, random)
  const whole = size()
  let shares = 0
  while (giveStartRoom(folder)) shares++
  assert.deepEqual([shares, size()], [4, 0])
  keepStartRoom(folder, random)
  assert.equal(size(), whole)
})

test('a folder on a full disk is locked all the same, if it was ever locked before', async t => {
  const folder = fullDisk(t)
  if (folder === null) return t.skip('a tmpfs cannot be mounted here (needs root)')
  const release = await lockDataFolder(folder, random)
  keepStartRoom(folder, random)
  release()
  fill(folder)
  await assert.rejects(
    lockDataFolder(join(folder, 'never-started'), random),
    (error: Error) => error instanceof DataFolderError && error.message.includes('ENOSPC'),
  )
  const again = await lockDataFolder(folder, random)
  assert.ok(existsSync(join(folder, 'lock')))
  again()
})

function fullDisk(t: TestContext): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-full-'))
  const options = ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]
  const isMounted = spawnSync('mount', options).status === 0
  t.after(() => {
    if (isMounted) spawnSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  return isMounted ? folder : null
}

function fill(folder: string): void {
  const full = (error: NodeJS.ErrnoException) => error.code === 'ENOSPC'
  assert.throws(() => writeFileSync(join(folder, 'others'), Buffer.alloc(2 ** 26)), full)
}
