import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { groupTestFiles, sharesProcess } from './group-test-files.mjs'

const HEAD = "import { test, before } from 'node:test'\nimport assert from 'node:assert/strict'\n"

test('a file with hooks beside its tests, or that touches its process, has one of its own', () => {
  assert.ok(sharesProcess(`${HEAD}test('x', t => t.after(() => undefined))`))
  for (const own of [
    'before(() => {})',
    "process.env['A'] = ''",
    'globalThis.x = 1',
    'mock.fn()',
  ]) {
    assert.ok(!sharesProcess(`${HEAD}\n${own}\n`), own)
  }
})

test('the others run in groups, each test once, and one that fails fails the run', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-groups-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const files = Array.from({ length: 20 }, (_, n) => {
    const file = join(folder, `file-${n}.test.mjs`)
    const hook = n === 3 ? 'before(() => undefined)\n' : ''
    writeFileSync(file, `${HEAD}${hook}test('of ${n}', () => assert.notEqual(${n}, 17))\n`)
    return file
  })
  const isApart = (file: string): boolean => file.endsWith('file-5.test.mjs')
  const grouped = groupTestFiles(files, { folder, isApart })
  assert.deepEqual(
    grouped.map(file => file.slice(folder.length + 1)),
    [3, 5].map(n => `file-${n}.test.mjs`).concat([0, 1, 2].map(n => `group-${n}.test.mjs`)),
  )
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ran = spawnSync(process.execPath, ['scripts/run-test-files.mjs', ...grouped], {
    env,
    encoding: 'utf8',
  })
  assert.equal(ran.status, 1)
  assert.match(ran.stdout, /# tests 20\n[\s\S]*# pass 19\n# fail 1\n/)
  assert.match(ran.stdout, /not ok \d+ - of 17/)
})
