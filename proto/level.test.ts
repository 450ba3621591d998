import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { levelOfSeverity } from './api.ts'
import { inferLevel, inferLevelIn, parseLevel } from './level.ts'

const level = (value: string | number): string | null => {
  const { severity } = parseLevel(value)
  return severity === 0 ? null : levelOfSeverity(severity)
}

test('names are known in any case, with their usual abbreviations', () => {
  const names = {
    TRACE: 'trace TRACE Trc finest verbose',
    DEBUG: 'debug DBG d fine',
    INFO: 'info Information I notice',
    WARN: 'warn Warning WRN w',
    ERROR: 'error ERR e severe',
    FATAL: 'fatal critical CRIT emerg alert panic ftl',
  }
  for (const [expected, words] of Object.entries(names)) {
    for (const word of words.split(' ')) assert.equal(level(word), expected, word)
  }
})

test('syslog counts from 0 to 7, pino and bunyan in tens, as number or text', () => {
  const syslog = ['FATAL', 'FATAL', 'FATAL', 'ERROR', 'WARN', 'INFO', 'INFO', 'DEBUG']
  syslog.forEach((expected, number) => assert.equal(level(number), expected))
  const tens = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
  tens.forEach((expected, i) => {
    assert.equal(level(10 * i + 10), expected)
    assert.equal(level(String(10 * i + 10)), expected)
    assert.equal(parseLevel(10 * i + 10).severityText, '')
  })
  assert.deepEqual(parseLevel(35), { severity: 9, severityText: '35' })
})

test('what is none of our names is kept as text', () => {
  assert.deepEqual(parseLevel(' Notice '), { severity: 10, severityText: 'Notice' })
  assert.deepEqual(parseLevel('CRITICAL'), { severity: 21, severityText: 'CRITICAL' })
  assert.deepEqual(parseLevel('gibberish'), { severity: 0, severityText: 'gibberish' })
  assert.deepEqual(parseLevel(8), { severity: 0, severityText: '8' })
  assert.deepEqual(parseLevel(-1), { severity: 0, severityText: '-1' })
  assert.deepEqual(parseLevel('Error'), { severity: 17, severityText: '' })
})

const TOLD: readonly [string, string][] = [
  ['ERROR cannot connect', 'ERROR'],
  ['2025-10-23 14:32:15 INFO [payment-service] Payment completed', 'INFO'],
  ['2015-07-29 17:41:44,747 - WARN  [QuorumPeer:Follower@118] - late', 'WARN'],
  ['081109 203615 148 INFO dfs.DataNode$PacketResponder: done', 'INFO'],
  ['[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state', 'ERROR'],
  ['2025-10-23T14:32:15Z warn slow query', 'WARN'],
  ['error: no such file', 'ERROR'],
  ['Warning: deprecated', 'WARN'],
  ['<debug> x', 'DEBUG'],
  ['ts=2025-10-23T14:32:15Z caller=main.go:12 level=error msg="boom"', 'ERROR'],
  ['{"time":1,"level":50,"msg":"x"}', 'ERROR'],
  ['{"severity": "Warning", "message": "INFO page"}', 'WARN'],
  ['E/ActivityManager: crashed', 'ERROR'],
  ['10-23 14:32:15.123  1000  1001 W/System: late', 'WARN'],
  ['E1023 14:32:15.123456 1 main.go:1] failed', 'ERROR'],
  ['FATAL: password authentication failed', 'FATAL'],
]

const UNTOLD = [
  'the user saw an error page',
  'error rate is 0.1 %',
  'Info page rendered',
  'informational message',
  'INFORM the user',
  'no_ERROR_here',
  'GET /error HTTP/1.1',
  'level up',
  'and/or',
  `${'x '.repeat(60)}ERROR far away`,
  '',
  '12 errors found',
  'EINFO',
]

test('a level near the start of a message is told', () => {
  for (const [message, expected] of TOLD) {
    const severity = inferLevel(message)
    assert.ok(severity > 0, message)
    assert.equal(levelOfSeverity(severity), expected, message)
  }
})

test('prose tells no level', () => {
  for (const message of UNTOLD) assert.equal(inferLevel(message), 0, message)
})

test('bytes tell the level that their text tells', () => {
  const words = fc.constantFrom(
    'ERROR',
    'info',
    '[warn]',
    'level=',
    'debug:',
    'é',
    '12:00',
    'E/',
    'x',
  )
  const joint = fc.constantFrom(' ', '', '-')
  fc.assert(
    fc.property(fc.array(fc.tuple(words, joint), { maxLength: 8 }), pieces => {
      const message = pieces.flat().join('')
      const bytes = new TextEncoder().encode(`INFO ${message}`)
      assert.equal(inferLevelIn(bytes, 5, bytes.length), inferLevel(message), message)
    }),
    { numRuns: 500 },
  )
})
