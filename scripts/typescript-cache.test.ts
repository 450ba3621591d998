import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serverEnvironment } from './bootstrap.mjs'

const FOLDER = new URL(
  `../node_modules/.cache/logboy/typescript-${process.version}/`,
  import.meta.url,
)

test('processes and threads run what is in the cache, and fill it where it lacks', async t => {
  const { path, cached } = program(
    t,
    `import { isMainThread, Worker } from 'node:worker_threads'
const text: string = 'first'
console.log(text, new Error().stack?.includes('program.ts:3:19'))
if (isMainThread) new Worker(new URL(import.meta.url))`,
  )
  assert.deepEqual(await run(path), { stdout: 'first true\nfirst true\n', stderr: '' })
  writeFileSync(cached, readFileSync(cached, 'utf8').replace('first', 'other'))
  assert.deepEqual(await run(path), { stdout: 'other true\nother true\n', stderr: '' })
})

test('a changed file is not taken from the cache', async t => {
  const { path } = program(t, "console.log('old' as string)")
  assert.equal((await run(path)).stdout, 'old\n')
  writeFileSync(path, "console.log('new' as string)")
  assert.equal((await run(path)).stdout, 'new\n')
})

/** A file of its own, and where its cached text will stand. */
function program(t: TestContext, text: string): { path: string; cached: string } {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-typescript-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'program.ts')
  const unique = `${text}\n// ${folder}\n`
  writeFileSync(path, unique)
  const name = `${createHash('sha256').update(unique).digest('hex')}.js`
  const cached = fileURLToPath(new URL(name, FOLDER))
  t.after(() => rmSync(cached, { force: true }))
  return { path, cached }
}

function run(path: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [path], { env: serverEnvironment() })
}
