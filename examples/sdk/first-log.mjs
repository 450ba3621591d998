// The first log, in six lines:  LOGBOY_KEY=lb_… node examples/sdk/first-log.mjs
import { createLogger } from '@logboy/sdk'

const log = createLogger({ service: 'first-log' })
log.info('hello from my program', { answer: 42 })
await log.close()
