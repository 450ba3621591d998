import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { durationMs, interpolated, readComposeFile, servicesOf, sizeBytes } from './compose-file.ts'

test('variables come from the environment, then from .env, then from their default', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-compose-file-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, '.env'), 'A=file\nB=file\n')
  const text =
    'x-base: &base { image: "${A}-${B}-${C:-default}" }\nservices: { one: { <<: *base } }'
  writeFileSync(join(folder, 'compose.yml'), text)
  const { services } = readComposeFile(join(folder, 'compose.yml'), { B: 'environment' })
  assert.equal(services['one']?.image, 'file-environment-default')
})

test('$$ is a dollar sign, an empty variable counts as given to - alone', () => {
  const given = (name: string): string | undefined => ({ EMPTY: '', NAME: 'x' })[name]
  const read = (text: string): unknown => interpolated(text, given)
  assert.equal(read('$$(cat $NAME) ${NAME}'), '$(cat x) x')
  assert.equal(read('${EMPTY-a}${EMPTY:-b}${ABSENT-c}${ABSENT}'), 'bc')
})

test('a service is started by its profiles, or always without', () => {
  const services = { a: { profiles: ['one'] }, b: { profiles: ['two', 'one'] }, c: {} }
  const started = servicesOf({ services, volumes: {} }, ['two'])
  assert.deepEqual([...started.keys()], ['b', 'c'])
})

test('durations and sizes', () => {
  assert.deepEqual(['1m30s', '500ms', '2h'].map(durationMs), [90_000, 500, 7_200_000])
  assert.deepEqual(['64m', '2g'].map(sizeBytes), [2 ** 26, 2 ** 31])
  assert.throws(() => durationMs('5'), /'5' is no duration/)
  assert.throws(() => sizeBytes('many'), /'many' is no size/)
})
