import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isForTests, makeTestFolder } from './test-folder.mjs'

test('tests write into memory only where programs may be started from it', () => {
  const mounts = (options: string): string =>
    `/dev/vda / ext4 rw,relatime 0 0\ntmpfs /dev/shm tmpfs ${options} 0 0\n`
  assert.ok(isForTests(mounts('rw,relatime,size=24683652k'), '/dev/shm'))
  assert.ok(!isForTests(mounts('rw,nosuid,nodev,noexec,size=65536k'), '/dev/shm'))
  assert.ok(!isForTests(mounts('ro,relatime'), '/dev/shm'))
  assert.ok(!isForTests('/dev/vda / ext4 rw,relatime 0 0\n', '/dev/shm'))
})

test('a run has a folder of its own; those of runs that are over go', t => {
  const base = mkdtempSync(join(tmpdir(), 'logboy-folders-'))
  t.after(() => rmSync(base, { recursive: true }))
  const { pid: over } = spawnSync(process.execPath, ['--version'])
  const [gone, running, other] = [`logboy-tests-${over}`, `logboy-tests-${process.ppid}`, 'other']
  for (const name of [gone, running, other]) {
    mkdirSync(join(base, name))
    writeFileSync(join(base, name, 'file'), '')
  }
  const own = join(base, `logboy-tests-${process.pid}`)
  mkdirSync(own)
  writeFileSync(join(own, 'file'), '')
  const folder = makeTestFolder(base)
  assert.equal(folder, own)
  assert.ok(!existsSync(join(own, 'file')))
  assert.deepEqual(
    [folder, join(base, gone), join(base, running, 'file'), join(base, other)].map(existsSync),
    [true, false, true, true],
  )
})
