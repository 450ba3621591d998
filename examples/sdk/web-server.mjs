// A web server with one child logger per request:  LOGBOY_KEY=lb_… node examples/sdk/web-server.mjs
// Ctrl-C ends it; what was logged until then is sent first.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createLogger } from '@logboy/sdk'

const log = createLogger({ service: 'web-server', attributes: { region: 'eu-1' } })

const server = createServer((request, response) => {
  const started = performance.now()
  const requestLog = log.child({
    trace_id: traceOf(request),
    http: { method: request.method, path: request.url },
  })
  response.on('finish', () => {
    const level = response.statusCode >= 500 ? 'error' : 'info'
    const duration_ms = Math.round((performance.now() - started) * 10) / 10
    requestLog[level](`${request.method} ${request.url} ${response.statusCode}`, { duration_ms })
  })
  try {
    if (request.url === '/fail') throw new Error('this page always fails')
    response.end('hello\n')
  } catch (error) {
    requestLog.error(error, 'request failed')
    response.writeHead(500).end('sorry\n')
  }
})
server.listen(Number(process.env.PORT ?? 3000), () => log.info('listening', server.address()))

/** The trace of the caller (W3C traceparent), or a new one. */
function traceOf(request) {
  const [, traceId] = /^00-([0-9a-f]{32})-/.exec(request.headers.traceparent ?? '') ?? []
  return traceId ?? randomBytes(16).toString('hex')
}
