import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { formatJson, formatText, LogGenerator } from './generator.ts'
import { dueAfter } from './pace.ts'
import { SERVICES } from './templates.ts'

const START_US = Date.UTC(2025, 9, 23, 14, 32, 15) * 1000

function generate(count: number, seed = 1) {
  const generator = new LogGenerator({ random: seededRandom(seed) })
  return Array.from({ length: count }, (_, at) => generator.next(START_US + at * 1000))
}

test('the same seed gives the same logs, another seed others', () => {
  assert.deepEqual(generate(500), generate(500))
  assert.notDeepEqual(generate(50, 1), generate(50, 2))
})

test('levels come in the shares 70, 15, 10 and 5 percent', () => {
  const logs = generate(20_000)
  const share = (level: string) => logs.filter(log => log.level === level).length / logs.length
  for (const [level, wanted] of Object.entries({
    INFO: 0.7,
    DEBUG: 0.15,
    WARN: 0.1,
    ERROR: 0.05,
  })) {
    assert.ok(Math.abs(share(level) - wanted) < 0.01, `${level}: ${share(level)}`)
  }
})

test('trace ids connect several services', () => {
  const services = new Map<string, Set<string>>()
  for (const { traceId, service } of generate(2_000)) {
    services.set(traceId, (services.get(traceId) ?? new Set()).add(service))
  }
  const connected = [...services.values()].filter(({ size }) => size > 1).length
  assert.ok(connected > services.size / 2)
})

test('no template variable is left unfilled', () => {
  for (const { message } of generate(10_000)) assert.doesNotMatch(message, /[{}]/)
})

test('the text form is exactly the one that ship reads', () => {
  const [log] = generate(1)
  assert.ok(log)
  const pattern = /^2025-10-23 14:32:15 (DEBUG|INFO|WARN|ERROR) \[[a-z]+-service\] \S.*$/
  assert.match(formatText(log), pattern)
  assert.equal(JSON.parse(formatJson(log)).trace_id, log.traceId)
})

test('only the chosen services speak', () => {
  const generator = new LogGenerator({ random: seededRandom(3), services: [SERVICES[1]] })
  for (let at = 0; at < 100; at++) assert.equal(generator.next(0).service, 'auth-service')
})

test('a burst adds nine seconds worth of logs within one second', () => {
  const pace = { rate: 100, burstIntervalS: 10 }
  assert.equal(dueAfter(10, pace), 1_000)
  assert.equal(dueAfter(11, pace), 1_100 + 900)
  assert.equal(dueAfter(20, pace), 2_000 + 900)
  assert.equal(dueAfter(7.5, { rate: 100, burstIntervalS: 0 }), 750)
})
