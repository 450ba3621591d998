import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'

test('stdout of the first command in a fresh clone has its answer, and nothing of npm', t => {
  const clone = mkdtempSync(join(tmpdir(), 'logboy-bootstrap-'))
  t.after(() => rmSync(clone, { recursive: true }))
  for (const part of ['scripts', 'package.json', 'package-lock.json', 'sdk/package.json']) {
    cpSync(part, join(clone, part), { recursive: true })
  }
  const npm = join(clone, 'bin', 'npm')
  mkdirSync(join(clone, 'bin'))
  writeFileSync(npm, '#!/bin/sh\necho added 200 packages\n', { mode: 0o755 })
  const entry = join(clone, 'actors', 'cli', 'logboy.ts')
  mkdirSync(join(clone, 'actors', 'cli'), { recursive: true })
  writeFileSync(entry, `process.stdout.write('{"answer":1}')`)
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/logboy.mjs', 'status'], {
    cwd: clone,
    env: { PATH: `${join(clone, 'bin')}${delimiter}${process.env['PATH']}` },
    encoding: 'utf8',
  })
  assert.equal(stdout, '{"answer":1}')
  assert.match(stderr, /Installing packages.*\nadded 200 packages\n/)
})
