/** A server that webhooks are sent to: what it hears, and answers as a test wants. */
import { createServer, type RequestListener } from 'node:http'
import type { TestContext } from 'node:test'

export interface Heard {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

export async function receiver(t: TestContext, answer: RequestListener) {
  const heard: Heard[] = []
  const state = { connections: 0 }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString()
    })
    request.on('end', () => {
      heard.push({ url: request.url ?? '', body, headers: request.headers })
      answer(request, response)
    })
  })
  server.on('connection', () => state.connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { heard, state, url: `http://127.0.0.1:${port}/hook?a=1`, port }
}
