import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runLogboy } from './testing/run-logboy.ts'

test('alerts test: rules of a file look at given logs; what is wrong is told with its place', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-rules-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const logs = [1, 2, 3].map(second => ({
    time: `2026-11-01T10:00:0${second}Z`,
    service: 'checkout',
    level: 'error',
    message: 'card declined',
    order: `o${second}`,
  }))
  const logFile = path('logs.ndjson', logs.map(log => JSON.stringify(log)).join('\n'))
  const rule = `{name: declines, query: declined, condition: '>= 3', window: 1m}`
  const capped = `{name: paused, enabled: false, condition: '> 0', by: [order], groups_max: 2, for: 1h}`
  const good = path('good.yaml', `rules: [${rule}, ${capped}]`)
  const told = await runLogboy(['alerts', 'test', good, '--logs', logFile, '--json'])
  const changes = told.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  assert.deepEqual(
    changes.map(change => Object.values(change).slice(0, 5)),
    [
      ['2026-11-01T10:00:04.000Z', 'declines', 'ok', 'firing', 3],
      ['2026-11-01T10:00:10.000Z', 'paused', 'ok', 'pending', 1],
      ['2026-11-01T10:00:10.000Z', 'paused', 'ok', 'pending', 1],
      ['2026-11-01T10:01:02.000Z', 'declines', 'firing', 'ok', 2],
      ['2026-11-01T10:05:10.000Z', 'paused', 'pending', 'ok', 0],
      ['2026-11-01T10:05:10.000Z', 'paused', 'pending', 'ok', 0],
    ],
  )
  assert.deepEqual(told.stderr.trim().split('\n'), [
    'paused: is not enabled; here is what it would have said',
    'paused: 1 log of groups beyond groups_max did not count',
  ])
  const bad = path('bad.yaml', 'rules: [{name: x, window: 5}]')
  const refused = await runLogboy(['alerts', 'test', bad, '--logs', logFile])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /bad\.yaml: line 1, column \d+: rules\.0\.window: /)
})
