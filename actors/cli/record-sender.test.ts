import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { RecordSender } from './record-sender.ts'

interface Asked {
  readonly body: string
  answer(status: number, text: string): void
}

/** A door that is answered by hand, and a sender that knows it. */
async function doorAndSender(t: TestContext) {
  const clock = new VirtualClock()
  const asked: Asked[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await request.toArray()).join('')
    asked.push({ body, answer: (status, text) => response.writeHead(status).end(text) })
    server.emit('asked')
  }
  const server = createServer((request, response) => void take(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close() && server.closeAllConnections())
  const sender = new RecordSender({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: 'lb_a_b',
    clock,
    random: seededRandom(1),
    pause: async () => {},
  })
  const next = async (): Promise<Asked> => {
    while (asked.length === 0) await once(server, 'asked')
    return asked.shift() as Asked
  }
  return { clock, sender, asked, next }
}

const STORED = JSON.stringify({ accepted: 1, rejected: [] })

test('records that come slowly are sent without waiting for more of them', async t => {
  const { clock, sender, next } = await doorAndSender(t)
  await sender.add('{"n":1}')
  await sender.add('{"n":2}')
  assert.equal(clock.pending, 1)
  clock.runNext()
  const first = await next()
  assert.equal(first.body, '{"n":1}\n{"n":2}')
  // What comes meanwhile gathers until this one is answered.
  await sender.add('{"n":3}')
  clock.runNext()
  await sender.add('{"n":4}')
  first.answer(200, STORED)
  const left = sender.flush()
  const second = await next()
  assert.equal(second.body, '{"n":3}\n{"n":4}')
  second.answer(200, STORED)
  await left
  assert.deepEqual([sender.sent.accepted, clock.pending], [2, 0])
})

test('a refusal that nobody waited for is met by the next record', async t => {
  const { clock, sender, next } = await doorAndSender(t)
  await sender.add('{"n":1}')
  clock.runNext()
  const refused = await next()
  refused.answer(401, '{"detail":"the key was revoked","code":"LOGBOY_KEY_REVOKED"}')
  await assert.rejects(sender.flush(), /the key was revoked/)
  await assert.rejects(sender.add('{"n":2}'), /the key was revoked/)
})
