import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { DataFolderError } from './data-folder.ts'
import { lockDataFolder } from './data-folder-lock.ts'

const random = seededRandom(1)

function temporary(t: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a second server is refused, and told the pid of the first', async t => {
  const folder = temporary(t)
  const release = await lockDataFolder(folder, random)
  await assert.rejects(
    lockDataFolder(folder, random),
    (error: unknown) =>
      error instanceof DataFolderError &&
      error.code === 'LOGBOY_DATA_IN_USE' &&
      error.message.includes(`pid ${process.pid}`),
  )
  release()
  const again = await lockDataFolder(folder, random)
  again()
  assert.deepEqual(readdirSync(folder), [])
})

test('a lock of another boot, of a dead process, of a reused pid or half-written is taken over', async t => {
  const folder = temporary(t)
  const path = join(folder, 'lock')
  const release = await lockDataFolder(folder, random)
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
    const give = await lockDataFolder(folder, random)
    give()
    assert.deepEqual(readdirSync(folder), [])
  }
})

test('of many processes that start at the same instant on a stale lock one gets it', async t => {
  const folder = temporary(t)
  writeFileSync(join(folder, 'lock'), '{"pid":')
  const children = Array.from({ length: 6 }, () => startChild(folder))
  t.after(() => children.forEach(({ process: child }) => child.kill('SIGKILL')))
  for (const child of children) assert.equal(await child.line(), 'up')
  for (const { process: child } of children) child.stdin?.write('go')
  const outcomes = await Promise.all(children.map(({ line }) => line()))
  const refused = outcomes.filter(outcome => outcome !== 'has it')
  assert.equal(refused.length, 5)
  const winner = children[outcomes.indexOf('has it')]?.process
  for (const reason of refused) assert.match(reason, /is in use by the server with pid \d+/)
  assert.equal(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')).pid, winner?.pid)
  winner?.kill('SIGKILL')
  await once(winner as ChildProcess, 'exit')
  const release = await lockDataFolder(folder, random)
  release()
})

function startChild(folder: string) {
  const script = join(import.meta.dirname, 'testing/lock-child.ts')
  const child = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { process: child, line: async () => String((await lines.next()).value) }
}

test('a folder is made with all above it', async t => {
  const folder = join(temporary(t), 'one', 'two')
  const release = await lockDataFolder(folder, random)
  assert.equal(existsSync(join(folder, 'lock')), true)
  release()
})

test('a folder that cannot be made is told with its reason', async t => {
  const file = join(temporary(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(lockDataFolder(join(file, 'data'), random), /cannot be written: ENOTDIR/)
  await assert.rejects(lockDataFolder('/proc/logboy/data', random), /cannot be written: ENOENT/)
})
