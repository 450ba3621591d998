import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { METRIC_HELPS } from './metric-helps.ts'
import { RunningServer } from './testing/running-server.ts'

const PAGE = readFileSync('docs/metrics.md', 'utf8')
const documented = new Set([...PAGE.matchAll(/`((?:logboy|process)_\w+)/g)].map(([, name]) => name))

suite('metrics', () => {
  test('the page lists what parts tell, in the same words', () => {
    for (const [name, help] of Object.entries(METRIC_HELPS)) {
      assert.ok(PAGE.includes(`| \`${name}\` | ${help} |`), name)
    }
  })

  test('every metric has a type, a help and a line on the page; none of one process is missing', async () => {
    const server = await RunningServer.start({})
    const { body } = await server.call<string>('GET', '/metrics', { token: null })
    await server.stop()
    const told = (kind: string): string[] =>
      [...body.matchAll(new RegExp(`^# ${kind} (\\w+) \\S`, 'gm'))].map(([, name]) => name ?? '')
    assert.deepEqual(told('HELP'), told('TYPE'))
    assert.deepEqual(told('HELP').toSorted(), [...new Set(told('HELP'))].toSorted(), 'none twice')
    assert.deepEqual(
      told('HELP').filter(name => !documented.has(name)),
      [],
    )
    // Those of Kafka and Elasticsearch are seen by deploy/dry.
    const own =
      /^logboy_(memory|journal|store_(segment|index|recent|flush|compaction|rows)|disk|tail)/
    const missing = [...documented].filter(
      name => own.test(name ?? '') && !told('HELP').includes(name ?? ''),
    )
    assert.deepEqual(missing, [])
  })

  test('rules ask for metrics that there are', () => {
    const rules = readFileSync('deploy/prometheus/logboy.rules.yml', 'utf8')
    const asked = [...rules.matchAll(/\b(logboy_\w+?)(?:_bucket)?\b(?=[^\w/.]|$)/g)]
      .map(([, name]) => name ?? '')
      .filter(name => !documented.has(name))
    assert.deepEqual(asked, [])
  })
})
