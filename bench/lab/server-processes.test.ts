import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { endsWithUs } from '#actors/testing/ends-with-us.ts'
import { until } from './pause.ts'
import { isThere, processesAt } from './server-processes.ts'

const ENDS_MS_MAX = 10_000
/** Listens, starts another process in a session of its own, and tells both. */
const SERVER = `
  const { spawn } = require('node:child_process')
  const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' })
    console.log(JSON.stringify([server.address().port, child.pid]))
  })`

test('a server is known by its port, with all that it started, until they ended', {
  skip: process.platform === 'linux' ? false : 'Linux alone tells of processes',
}, async () => {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  endsWithUs(server)
  const [told] = (await once(server.stdout, 'data')) as [Buffer]
  const [port, child] = JSON.parse(told.toString()) as [number, number]
  const pids = processesAt(port)
  assert.deepEqual(
    pids.toSorted((a, b) => a - b),
    [server.pid, child].toSorted((a, b) => Number(a) - Number(b)),
  )
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  assert.ok(await until(() => !pids.some(isThere), ENDS_MS_MAX))
  assert.deepEqual(processesAt(port), [])
})
