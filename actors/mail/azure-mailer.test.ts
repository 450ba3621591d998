import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { AzureMailer } from './azure-mailer.ts'

const KEY = Buffer.from('a key that nobody else has').toString('base64')
const MAIL = { to: 'ada@example.org', subject: 'Grüße', text: 'two\nlines' }

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The service as its REST reference has it: a mail is accepted, then looked after. */
async function service(t: TestContext, states: string[], refusal = 0) {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      requests.push({ method, path, headers, body })
      response.setHeader('content-type', 'application/json')
      if (refusal > 0) {
        response.statusCode = refusal
        response.end(
          '{"error":{"code":"Denied","message":"the sender is not of a verified domain"}}',
        )
        return
      }
      response.statusCode = method === 'POST' ? 202 : 200
      if (method === 'POST') {
        response.setHeader('operation-location', `${address}/emails/operations/7?api-version=1`)
      }
      const status = method === 'POST' ? 'Running' : (states.shift() ?? 'Succeeded')
      const error = status === 'Failed' ? { error: { code: 'x', message: 'no such box' } } : {}
      response.end(JSON.stringify({ id: '7', status, ...error }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connection = `endpoint=${address};accesskey=${KEY}`
  const mailer = new AzureMailer({ connection, from: 'Logboy <logboy@example.org>', lookMs: 1 })
  t.after(() => {
    mailer.close()
    server.closeAllConnections()
    server.close()
  })
  return { mailer, requests }
}

test('a mail is signed, sent with its picture, and looked after until it is out', async t => {
  const { mailer, requests } = await service(t, ['Running', 'Succeeded'])
  const content = Buffer.from('a picture')
  const images = [{ id: 'chart', name: 'chart.png', type: 'image/png', content }]
  await mailer.send({ ...MAIL, html: '<img src="cid:chart">', images })
  const [sent, ...looks] = requests
  assert.ok(sent !== undefined && looks.length >= 2)
  assert.deepEqual(JSON.parse(sent.body), {
    senderAddress: 'logboy@example.org',
    recipients: { to: [{ address: 'ada@example.org' }] },
    content: { subject: 'Grüße', plainText: 'two\nlines', html: '<img src="cid:chart">' },
    attachments: [
      {
        name: 'chart.png',
        contentType: 'image/png',
        contentInBase64: content.toString('base64'),
        contentId: 'chart',
      },
    ],
  })
  assert.equal(sent.headers['authorization'], signatureOf(sent))
})

test('what the service refuses, or cannot bring, is told with its words', async t => {
  const refused = await service(t, [], 403)
  await assert.rejects(refused.mailer.send(MAIL), /not of a verified domain/)
  assert.equal(refused.requests.length, 1)
  const failed = await service(t, ['Failed'])
  await assert.rejects(failed.mailer.send(MAIL), /no such box/)
})

/** https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial */
function signatureOf({ method, path, headers, body }: Request): string {
  const digest = createHash('sha256').update(body).digest('base64')
  const text = `${method}\n${path}\n${String(headers['x-ms-date'])};${headers.host};${digest}`
  const key = Buffer.from(KEY, 'base64')
  const signature = createHmac('sha256', key).update(text).digest('base64')
  return `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`
}
