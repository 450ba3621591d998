/**
 * What keeps doors from opening, told before anything else is opened: they come last in a start,
 * and whoever took the wrong port should not wait for the rest.
 */
import { createServer } from 'node:net'
import { portTaken } from './http/listen-error.ts'
import { readTlsPair } from './http/tls-files.ts'
import type { Config } from './settings.ts'

type DoorSettings = Pick<
  Config,
  'host' | 'httpPorts' | 'grpcPort' | 'otlpHttpPort' | 'roles' | 'tlsCert' | 'tlsKey'
>

/** Throws LOGBOY_TLS_INVALID or LOGBOY_PORT_TAKEN. */
export async function proveDoors(config: DoorSettings): Promise<void> {
  const { host, httpPorts, roles, tlsCert: certFile, tlsKey: keyFile } = config
  if (certFile !== '') readTlsPair({ certFile, keyFile })
  const { grpcPort, otlpHttpPort } = config
  const senders = roles.has('gateway') ? [grpcPort, otlpHttpPort ?? 0] : []
  for (const port of [...httpPorts, ...senders]) if (port !== 0) await provePort(host, port)
}

/** What else may be wrong with a port, the door itself tells. */
function provePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(portTaken(host, port, error))
      else resolve()
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}
