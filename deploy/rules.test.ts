/** The files for other programs, checked by these programs where they are installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKS } from './dry/checks.ts'

function check(program: string, args: readonly string[], folder = '.'): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`)
}

function skipWithout(program: string): { readonly skip: string | false } {
  const isThere = spawnSync(program, ['--version']).error === undefined
  return { skip: isThere ? false : `${program} is not installed` }
}

for (const { proves, program, args } of CHECKS) {
  test(proves, skipWithout(program), () => check(program, args))
}

test('every rule fires when it should, says promtool', skipWithout('promtool'), () => {
  check('promtool', ['test', 'rules', 'logboy.rules.test.yml'], 'deploy/prometheus')
})

test('every rule has a test', () => {
  const names = (path: string, pattern: RegExp): Set<string> =>
    new Set([...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name]) => name ?? ''))
  const rules = names('deploy/prometheus/logboy.rules.yml', /- alert: (\w+)/g)
  const tested = names('deploy/prometheus/logboy.rules.test.yml', /alertname: (\w+)/g)
  assert.deepEqual([...rules].sort(), [...tested].sort())
})

test('nginx takes the entry', {
  skip: skipWithout('nginx').skip || process.getuid?.() !== 0,
}, t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-nginx-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // Names of containers mean nothing here.
  const text = readFileSync('deploy/nginx/logboy.conf', 'utf8')
    .replaceAll(/(gateway-[12]|api):/g, '127.0.0.1:')
    .replace('/run/nginx.pid', join(folder, 'pid'))
  writeFileSync(join(folder, 'nginx.conf'), text)
  check('nginx', ['-t', '-c', join(folder, 'nginx.conf')])
})
