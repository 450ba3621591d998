/** Servers for tests: on a free port, closed at the end of the test. */
import type { TestContext } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import type { HttpDriverName, HttpServer } from '../http-server.ts'
import { type StartHttpOptions, startHttp } from '../start-http.ts'

export const DRIVERS: readonly HttpDriverName[] = ['uws', 'node']

export interface TestServer {
  readonly server: HttpServer
  readonly port: number
  readonly url: string
  /** Handlers that failed by a bug. */
  readonly faults: Error[]
}

export async function startTestServer(
  t: TestContext,
  options: Partial<StartHttpOptions> & Pick<StartHttpOptions, 'driver'>,
): Promise<TestServer> {
  const faults: Error[] = []
  const server = await startHttp({
    routes: [],
    sockets: [],
    host: '127.0.0.1',
    ports: [0],
    tls: null,
    clock: systemClock,
    onFault: error => faults.push(error),
    ...options,
    limits: { closeGraceMs: 100, ...options.limits },
  })
  t.after(() => server.close())
  const port = server.ports[0] as number
  return { server, port, url: `http://127.0.0.1:${port}`, faults }
}
