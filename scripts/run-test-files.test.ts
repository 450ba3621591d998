import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** Answers nobody, outlives a request to end, and started somebody who holds its output. */
const HANGS = `
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { test } from 'node:test'
test('hangs', async () => {
  process.on('SIGTERM', () => {})
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  await fetch('http://127.0.0.1:' + server.address().port)
})`

test('a file that hangs tells what it waits for, is ended, and so is what it started', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-hangs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hangs.test.mjs')
  writeFileSync(file, HANGS)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ran = spawnSync(process.execPath, ['scripts/run-test-files.mjs', file], {
    env: { ...env, LOGBOY_TEST_FILE_MS: '10000' },
    encoding: 'utf8',
  })
  assert.equal(ran.status, 1)
  assert.match(ran.stdout, /hangs: \S+hangs\.test\.mjs[\s\S]* tcp \{.*"remoteEndpoint":\{.*"port"/)
  assert.match(ran.stdout, /started: \d+ /)
  assert.match(ran.stdout, /# cancelled 1/)
  assert.match(ran.stderr, /hung: \S+hangs\.test\.mjs/)
  assert.equal(ran.stderr.match(/left behind by a test: /g)?.length, 2)
})
