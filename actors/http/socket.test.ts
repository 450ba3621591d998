import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { nextRound } from '#runtime/scheduler.ts'
import type { HttpDriverName, Socket, SocketAccept, SocketRoute } from './http-server.ts'
import { HttpProblem, json } from './problem.ts'
import { deferred } from './testing/deferred.ts'
import { DRIVERS, startTestServer } from './testing/drivers.ts'
import { RawConnection } from './testing/raw-connection.ts'

for (const driver of DRIVERS) suite(driver)

/** What every driver has to do with WebSockets. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('messages go both ways, text as text and bytes as bytes'), async t => {
    const { port } = await start(t, driver)
    const ws = client(t, port, '/echo')
    await opened(ws)
    ws.send('grüße')
    assert.deepEqual(await message(ws), { text: 'grüße', binary: false })
    ws.send(Buffer.from('bytes'))
    assert.deepEqual(await message(ws), { text: 'bytes', binary: true })
  })

  test(named('the route sees headers and query, and chooses the subprotocol'), async t => {
    const { port, requests } = await start(t, driver)
    const ws = client(t, port, '/echo?a=1', ['one', 'two'])
    await opened(ws)
    assert.equal(ws.protocol, 'two')
    assert.deepEqual(requests, ['one,two a=1 127.0.0.1'])
  })

  test(named('a refused upgrade is a problem document'), async t => {
    const { port } = await start(t, driver)
    assert.deepEqual(await refusal(client(t, port, '/refused')), [403, 'LOGBOY_CROSS_ORIGIN'])
    assert.deepEqual(await refusal(client(t, port, '/answered')), [418, undefined])
    assert.deepEqual(await refusal(client(t, port, '/nowhere')), [404, 'LOGBOY_NOT_FOUND'])
    assert.deepEqual(await refusal(client(t, port, '/bug')), [500, 'LOGBOY_INTERNAL'])
  })

  test(named('a message that is too long closes the socket, and the server goes on'), async t => {
    const { port, ended } = await start(t, driver)
    const ws = client(t, port, '/echo')
    await opened(ws)
    const closed = new Promise(resolve => ws.once('close', resolve))
    ws.send('x'.repeat(1_001))
    await ended.promise
    assert.equal(await closed, 1009)
    const next = client(t, port, '/echo')
    await opened(next)
  })

  test(named('either side can close, and the route hears of it once'), async t => {
    const { port, sockets, ended, server } = await start(t, driver)
    const ws = client(t, port, '/echo')
    await opened(ws)
    const [socket] = sockets as [Socket]
    const code = new Promise(resolve =>
      ws.once('close', (number: number, reason: Buffer) => resolve([number, reason.toString()])),
    )
    socket.close(4001, 'enough')
    assert.deepEqual(await code, [4001, 'enough'])
    await ended.promise
    socket.send('into the void')
    assert.equal(socket.bufferedBytes(), 0)
    assert.equal(server.observe()['socketsOpen'], 0)
  })

  test(named('a socket that its route closes at once is told as closed, too'), async t => {
    const ended = deferred()
    const hasty: SocketRoute = {
      path: '/hasty',
      messageBytesMax: 10,
      upgrade: async () => ({
        connect(socket) {
          socket.close(1013, 'overloaded')
          return { message: () => {}, closed: () => ended.resolve() }
        },
      }),
    }
    const { port } = await startTestServer(t, { driver, sockets: [hasty] })
    const code = new Promise(resolve => client(t, port, '/hasty').once('close', resolve))
    await ended.promise
    assert.equal(await code, 1013)
  })

  test(named('a socket stays open, whatever is in the memory around it'), async t => {
    const held: Buffer[] = []
    const filling: SocketRoute = {
      path: '/filling',
      messageBytesMax: 10,
      async upgrade() {
        await nextRound()
        return {
          connect() {
            // As large as what uWebSockets gives back here, and each byte means "close" to it.
            for (let count = 0; count < 20; count++) held.push(Buffer.allocUnsafeSlow(72).fill(16))
            return { message: () => {}, closed: () => {} }
          },
        }
      },
    }
    const { port } = await startTestServer(t, { driver, sockets: [filling] })
    const ws = client(t, port, '/filling')
    await opened(ws)
    const answer = new Promise(resolve => ws.once('pong', () => resolve('pong')))
    ws.ping()
    const closed = new Promise(resolve => ws.once('close', code => resolve(code)))
    assert.equal(await Promise.race([answer, closed]), 'pong')
    assert.equal(held.length, 20)
  })

  test(named('who does not want to be upgraded is a caller like any other'), async t => {
    const { port } = await start(t, driver)
    const raw = await RawConnection.open(port)
    t.after(() => raw.destroy())
    raw.send('GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUpgrade: websocket\r\n')
    raw.send('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    assert.match(await raw.closed(), /^HTTP\/1.1 404 [\s\S]*LOGBOY_NOT_FOUND/)
  })

  test(named('bytes a slow reader has not taken are seen, then told as drained'), async t => {
    const { port, sockets, drained } = await start(t, driver)
    const ws = client(t, port, '/echo')
    await opened(ws)
    const [socket] = sockets as [Socket]
    ws.pause()
    const text = 'x'.repeat(1 << 20)
    for (let count = 0; count < 16; count++) socket.send(text)
    assert.ok(socket.bufferedBytes() > 1 << 20)
    ws.resume()
    await drained.promise
    assert.equal(socket.bufferedBytes(), 0)
  })

  test(named('stopping tells open sockets to go'), async t => {
    const { port, server } = await start(t, driver)
    const ws = client(t, port, '/echo')
    await opened(ws)
    const code = new Promise(resolve => ws.once('close', resolve))
    await server.close()
    assert.equal(await code, 1001)
  })

  test(named('garbage in place of frames closes the socket only'), async t => {
    const { port, ended } = await start(t, driver)
    const raw = await RawConnection.open(port)
    t.after(() => raw.destroy())
    raw.send('GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n')
    raw.send('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    await raw.until(/101 Switching Protocols[\s\S]*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/)
    raw.send(Buffer.alloc(64, 0xff))
    await ended.promise
    await opened(client(t, port, '/echo'))
  })
}

async function start(t: TestContext, driver: HttpDriverName) {
  const requests: string[] = []
  const sockets: Socket[] = []
  const ended = deferred()
  const drained = deferred()
  const echo: SocketRoute = {
    path: '/echo',
    messageBytesMax: 1_000,
    async upgrade(request): Promise<SocketAccept> {
      const offered = request.header('sec-websocket-protocol')
      if (offered !== null) requests.push(`${offered} ${request.query.toString()} ${request.peer}`)
      return {
        ...(offered === null ? {} : { protocol: 'two' }),
        connect(socket) {
          sockets.push(socket)
          return {
            message: (data, text) => socket.send(text ? Buffer.from(data).toString() : data),
            drained: () => drained.resolve(),
            closed: () => ended.resolve(),
          }
        },
      }
    },
  }
  const refused: SocketRoute = {
    path: '/refused',
    messageBytesMax: 0,
    upgrade: () => Promise.reject(new HttpProblem('LOGBOY_CROSS_ORIGIN', 'not from there')),
  }
  const answered: SocketRoute = {
    path: '/answered',
    messageBytesMax: 0,
    upgrade: () => Promise.resolve(json(418, {})),
  }
  const bug: SocketRoute = {
    path: '/bug',
    messageBytesMax: 0,
    upgrade: () => Promise.reject(new Error('a bug')),
  }
  const sockets_ = [echo, refused, answered, bug]
  const started = await startTestServer(t, { driver, sockets: sockets_ })
  return { ...started, requests, sockets, ended, drained }
}

function client(t: TestContext, port: number, path: string, protocols?: string[]): WebSocket {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols)
  ws.on('error', () => {})
  t.after(() => ws.terminate())
  return ws
}

function opened(ws: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    ws.once('open', resolve)
    ws.once('error', reject)
  })
}

function message(ws: WebSocket): Promise<{ text: string; binary: boolean }> {
  return new Promise(resolve => {
    ws.once('message', (data: Buffer, binary) => {
      resolve({ text: data.toString(), binary })
    })
  })
}

function refusal(ws: WebSocket): Promise<[number | undefined, string | undefined]> {
  return new Promise(resolve => {
    ws.once('unexpected-response', (_, response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => {
        resolve([response.statusCode, (JSON.parse(text) as { code?: string }).code])
      })
    })
  })
}
