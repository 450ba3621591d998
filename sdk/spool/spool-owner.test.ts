import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { keyFolderOf, systemOwner } from './spool-owner.ts'

test('a folder of this process is not taken over, a released one is', () => {
  assert.equal(systemOwner.abandonedId(systemOwner.nameOf(17n)), null)
  assert.equal(systemOwner.abandonedId(systemOwner.releasedNameOf(17n)), 17n)
})

test('a folder is taken over when its process, its start or its boot is another', async () => {
  const [pid, started, boot, id] = systemOwner.nameOf((1n << 63n) - 1n).split('-')
  assert.equal(id, '7fffffffffffffff')
  const name = (...parts: unknown[]): string => parts.join('-')
  assert.equal(systemOwner.abandonedId(name(pid, started, boot, id)), null)
  assert.equal(systemOwner.abandonedId(name(pid, Number(started) + 1, boot, id)), (1n << 63n) - 1n)
  assert.equal(systemOwner.abandonedId(name(pid, started, 'abcdef', id)), (1n << 63n) - 1n)
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise(resolve => child.on('close', resolve))
  assert.equal(systemOwner.abandonedId(name(child.pid, started, boot, id)), (1n << 63n) - 1n)
})

test('what is no name of ours is left alone', () => {
  for (const name of ['damaged', '', 'free-1', '1-2-3-4', '000000000001.spool', '../free-17']) {
    assert.equal(systemOwner.abandonedId(name), null)
  }
})

test('each key has a folder of its own, which does not tell the secret', () => {
  assert.equal(keyFolderOf('lb_abc123def456_secret'), 'abc123def456')
  assert.match(keyFolderOf('another kind of key/../x'), /^key-[0-9a-f]{12}$/)
  assert.notEqual(keyFolderOf('a'), keyFolderOf('b'))
})
