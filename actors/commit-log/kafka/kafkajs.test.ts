import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { ISocketFactory } from 'kafkajs'
import { newCluster } from './kafkajs.ts'

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null
  pending: unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  maybeThrottle(ms: number): void
  destroy(): void
}

const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => RequestQueue

function newQueue(): RequestQueue {
  const logger = { debug: () => undefined, warn: () => undefined }
  return new Queue({ logger, maxInFlightRequests: null, requestTimeout: 1_000 })
}

test('an idle connection arms no timer (kafkajs issue 1751: 920 wake-ups a second)', () => {
  const queue = newQueue()
  queue.checkPendingRequests()
  assert.equal(queue.throttleCheckTimeoutId, null)
})

test('one that has requests waiting, or is throttled by its broker, still does', () => {
  const waiting = newQueue()
  waiting.pending.push({})
  waiting.scheduleCheckPendingRequests()
  assert.notEqual(waiting.throttleCheckTimeoutId, null)
  waiting.destroy()
  const throttled = newQueue()
  throttled.maybeThrottle(60_000)
  throttled.checkPendingRequests()
  assert.notEqual(throttled.throttleCheckTimeoutId, null)
  throttled.destroy()
})

test('whichever broker refuses, the next is asked, and all of them before it is given up', async () => {
  const asked: number[] = []
  const ports = [1, 2, 3]
  const refuse: ISocketFactory = ({ port, onConnect }) => {
    asked.push(port)
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', onConnect)
    return socket
  }
  const brokers = ports.map(port => `127.0.0.1:${port}`)
  for (const _ of ports) {
    asked.length = 0
    const cluster = newCluster({ brokers, clientId: 'test', socketFactory: refuse })
    await assert.rejects(cluster.connect())
    assert.deepEqual(new Set(asked), new Set(ports))
  }
})

test('the inner class that is used is there: kafkajs must stay at the version that has it', () => {
  const cluster = newCluster({ brokers: ['127.0.0.1:1'], clientId: 'test' })
  for (const method of [
    'connect',
    'findBroker',
    'findLeaderForPartitions',
    'findGroupCoordinator',
  ]) {
    assert.equal(typeof cluster[method as keyof typeof cluster], 'function', method)
  }
})
