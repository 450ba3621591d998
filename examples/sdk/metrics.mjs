// Metrics of a shop: node metrics.mjs (LOGBOY_KEY=… LOGBOY_URL=…)
import { createLogger } from '@logboy/sdk'

const log = createLogger({ service: 'checkout' })
const { metrics } = log

const orders = metrics.counter('orders', { unit: 'orders' })
const queue = metrics.gauge('queue_length')
const took = metrics.histogram('http.duration', { unit: 'ms' })

for (let i = 0; i < 1_000; i++) {
  orders.add(1, { path: i % 4 === 0 ? '/cart' : '/buy' })
  queue.set(i % 7)
  took.record(1 + (i % 200), { path: '/buy', status: 200 })
}

await log.close()
process.stdout.write(`${JSON.stringify(log.stats().metrics)}\n`)
