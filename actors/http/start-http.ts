/** Chooses the driver and listens; certificates are taken anew when their files change. */
import type { Clock } from '#runtime/clock.ts'
import {
  HTTP_LIMITS,
  type HttpDriver,
  type HttpLimits,
  type HttpServer,
  type Route,
  type SocketRoute,
  type TlsFiles,
} from './http-server.ts'
import { ListenError } from './listen-error.ts'
import { nodeDriver } from './node-driver.ts'
import { watchTlsFiles } from './tls-files.ts'
import { NO_PROXIES, type TrustedProxies } from './trusted-proxies.ts'
import { loadUwsDriver } from './uws-driver.ts'

export interface StartHttpOptions {
  /** 'auto': uws where it has a binary for this machine. */
  readonly driver: 'uws' | 'node' | 'auto'
  readonly routes: readonly Route[]
  readonly sockets: readonly SocketRoute[]
  readonly host: string
  readonly ports: readonly number[]
  readonly tls: TlsFiles | null
  readonly clock: Clock
  readonly limits?: Partial<HttpLimits>
  /** None unless given. */
  readonly proxies?: TrustedProxies
  /** Handlers that failed by a bug, and certificates that could not be taken. */
  readonly onFault: (error: Error, where: string) => void
}

/**
 * A server on all the ports, or one clear error: LOGBOY_PORT_TAKEN, LOGBOY_LISTEN_FAILED,
 * LOGBOY_DRIVER_MISSING, LOGBOY_TLS_INVALID.
 */
export async function startHttp(options: StartHttpOptions): Promise<HttpServer> {
  const driver = await pickDriver(options.driver)
  const { tls, clock, onFault } = options
  const watch = tls === null ? null : watchTlsFiles({ files: tls, clock, onFault })
  try {
    const server = await driver.listen({
      proxies: NO_PROXIES,
      ...options,
      limits: { ...HTTP_LIMITS, ...options.limits },
    })
    watch?.onChange(() => server.reloadTls())
    return watch === null ? server : closingToo(server, () => watch.stop())
  } catch (error) {
    watch?.stop()
    throw error
  }
}

async function pickDriver(wanted: 'uws' | 'node' | 'auto'): Promise<HttpDriver> {
  if (wanted === 'node') return nodeDriver
  const uws = await loadUwsDriver()
  if (uws !== null) return uws
  if (wanted === 'auto') return nodeDriver
  const machine = `${process.platform} ${process.arch}, Node ${process.versions.node}`
  throw new ListenError('LOGBOY_DRIVER_MISSING', `uWebSockets.js has no binary for ${machine}`)
}

function closingToo(server: HttpServer, also: () => void): HttpServer {
  return {
    driver: server.driver,
    get ports() {
      return server.ports
    },
    reloadTls: () => server.reloadTls(),
    observe: () => server.observe(),
    close() {
      also()
      return server.close()
    },
  }
}
