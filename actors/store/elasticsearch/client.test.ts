import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import { connectElastic } from './client.ts'

describe('client of Elasticsearch', () => {
  test('servers 8 and 9 are spoken to in their own language', async () => {
    for (const major of [8, 9]) {
      await inServer(major, async (url, asked) => {
        const server = await connectElastic({ url, clock: systemClock })
        assert.equal(server.major, major)
        asked.length = 0
        await server.request({ method: 'GET', path: '/' })
        await server.request({ method: 'POST', path: '/', body: { query: {} } })
        await server.request({ method: 'POST', path: '/', bulkBody: Buffer.from('{}\n') })
        await server.close()
        const language = (form: string): string =>
          `application/vnd.elasticsearch+${form}; compatible-with=${major}`
        assert.deepEqual(
          asked.map(({ accept, 'content-type': type }) => [accept, type]),
          ['json', 'json', 'x-ndjson'].map(form => [language('json'), language(form)]),
        )
      })
    }
  })

  test('an older server is told what is needed', () =>
    inServer(7, async url => {
      await assert.rejects(connectElastic({ url, clock: systemClock }), {
        code: 'LOGBOY_ELASTICSEARCH',
        message: 'Elasticsearch 8 or 9 is needed, 7.17.0 answered',
      })
    }))
})

type Asked = IncomingMessage['headers']

/** Refuses the language of the next version, with or without a body, as real servers do. */
async function inServer(
  major: number,
  body: (url: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    asked.push(request.headers)
    request.resume()
    const { accept = '', 'content-type': type = accept } = request.headers
    const isKnown = [accept, type].every(header => languageOf(header) <= Math.max(8, major))
    response.writeHead(isKnown ? 200 : 400, {
      'content-type': accept,
      'x-elastic-product': 'Elasticsearch',
    })
    const answer = isKnown
      ? { version: { number: `${major}.17.0` } }
      : { error: 'Invalid media-type' }
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await body(`http://127.0.0.1:${port}`, asked)
  } finally {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

function languageOf(header: string): number {
  return Number(/compatible-with=(\d+)/.exec(header)?.[1])
}
