import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { drivesPrograms, programsInstalled } from './test-programs.mjs'

test('tests of pages, of deploy/ and by other readers need programs, others do not', () => {
  const driving = [
    'ui/testing/browser.test.ts',
    '/x/deploy/rules.test.ts',
    'a/other-readers.test.ts',
  ]
  for (const path of driving) assert.ok(drivesPrograms(path), path)
  for (const path of ['actors/cli/db.test.ts', 'ui/src/main.test.ts']) {
    assert.ok(!drivesPrograms(path), path)
  }
})

test('they begin once the programs are there, or fail with them', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-programs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'programs')
  let isThere = false
  const begun = programsInstalled(path).then(() => assert.ok(isThere))
  await new Promise(resolve => setImmediate(resolve))
  isThere = true
  writeFileSync(path, '')
  await begun
  await programsInstalled(path)
  writeFileSync(path, 'failed\n')
  await assert.rejects(programsInstalled(path), /could not be installed/)
})

test('where nobody installs any, nobody waits', () => programsInstalled(undefined))
