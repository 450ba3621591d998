import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchSdk, sdkResults } from './sdk.bench.ts'

test('every record of the bench is acknowledged, and all loggers are timed', async () => {
  const measured = await benchSdk(2_000)
  assert.equal(measured.acknowledged, 2 * 6 * 2_000)
  const { pino, sdk, spool } = measured
  for (const { callNs, cpuNs } of [pino, sdk, spool]) assert.ok(callNs > 0 && cpuNs > 0)
  const { addNs, recordNs, pointNs } = measured.metrics
  for (const ns of [addNs, recordNs, pointNs]) assert.ok(ns > 0)
  assert.equal(sdkResults(measured).length, 5)
})
