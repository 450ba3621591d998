import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Diagnostics } from './diagnostics.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

test('trouble is told at most once a minute, and what was left out is counted', () => {
  const clock = new VirtualClock()
  const lines: string[] = []
  const diagnostics = new Diagnostics(clock, line => lines.push(line))
  for (let i = 0; i < 61; i++) {
    diagnostics.trouble(`trouble ${i}`)
    clock.advance(1_000)
  }
  assert.deepEqual(lines, [
    'logboy: trouble 0\n',
    'logboy: trouble 60 (and 59 more in the last minute)\n',
  ])
  assert.equal(diagnostics.last, 'trouble 60')
})

test('a stderr that throws does not reach the application', () => {
  const diagnostics = new Diagnostics(new VirtualClock(), () => {
    throw new Error('EPIPE')
  })
  diagnostics.trouble('anything')
})
