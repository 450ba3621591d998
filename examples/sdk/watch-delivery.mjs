// Shows what the logger knows of its delivery while you stop and start the server:
//   LOGBOY_KEY=lb_… node examples/sdk/watch-delivery.mjs
import { createLogger } from '@logboy/sdk'

const log = createLogger({ service: 'watch-delivery' })
let number = 0
const load = setInterval(() => log.info(`record ${number}`, { number: number++ }), 5)
const watch = setInterval(() => {
  const { logged, acknowledged, pendingBatches, transport, connections } = log.stats()
  print({ logged, acknowledged, pendingBatches, transport, connections })
}, 1000)

process.once('SIGINT', async () => {
  clearInterval(load)
  clearInterval(watch)
  print({ 'all of it is durable': await log.close(5000), ...log.stats() })
})

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
