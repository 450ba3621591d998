/** Debian's nginx with deploy/nginx/logboy.conf before servers of a test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../../bench/lab/pause.ts'

/** Why it cannot run here; false = it can. */
export const nginxIsMissing: string | false =
  spawnSync('nginx', ['-v']).error !== undefined
    ? 'nginx is not installed'
    : process.getuid?.() !== 0 && 'nginx of Debian keeps its temporary files where only root may'

/** Ports of the servers behind it, by the names that the configuration has for them. */
export interface Behind {
  readonly 'gateway-1': Doors
  readonly 'gateway-2': Doors
  readonly api: Doors
}

interface Doors {
  readonly url: string
  readonly grpcUrl: string
}

const FILE = 'deploy/nginx/logboy.conf'
const TLS = 'actors/http/testing/tls/first'
const READY_MS_MAX = 10_000

export class NginxEntry {
  readonly url: string
  readonly grpcUrl: string
  readonly tlsUrl: string
  readonly tlsGrpcUrl: string
  readonly #folder: string
  readonly #child: ChildProcess
  #said = ''

  private constructor(folder: string, ports: Ports) {
    this.#folder = folder
    this.url = `http://127.0.0.1:${ports[4000]}`
    this.grpcUrl = `http://127.0.0.1:${ports[4317]}`
    this.tlsUrl = `https://localhost:${ports[4443]}`
    this.tlsGrpcUrl = `https://localhost:${ports[4444]}`
    this.#child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
    })
  }

  static async start(behind: Behind): Promise<NginxEntry> {
    const folder = mkdtempSync(join(tmpdir(), 'logboy-nginx-'))
    const ports = await freePorts()
    mkdirSync(join(folder, 'tls'))
    copyFileSync(`${TLS}.crt`, join(folder, 'tls', 'fullchain.pem'))
    copyFileSync(`${TLS}.key`, join(folder, 'tls', 'privkey.pem'))
    writeFileSync(join(folder, 'nginx.conf'), configuration(behind, ports, folder))
    const entry = new NginxEntry(folder, ports)
    const answers = (): Promise<boolean> =>
      fetch(`${entry.url}/health`).then(
        it => it.ok,
        () => false,
      )
    if (!(await until(answers, READY_MS_MAX))) {
      await entry.stop()
      throw new Error(`nginx does not answer: ${entry.#said}`)
    }
    return entry
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

type Ports = Readonly<Record<4000 | 4317 | 4318 | 4443 | 4444, number>>

/** Where the file gives slow senders more time than a test has. */
const SLOW_SENDER_TIMEOUT = '4s'

/** The file as it is, with TLS, and ports, paths and patience of a test. */
function configuration(behind: Behind, ports: Ports, folder: string): string {
  return readFileSync(FILE, 'utf8')
    .replaceAll(/^(\s*)# (listen|ssl_)/gm, '$1$2')
    .replaceAll(/(client_(?:header|body)_timeout +)\d+s/g, `$1${SLOW_SENDER_TIMEOUT}`)
    .replaceAll('/etc/nginx', folder)
    .replace('/run/nginx.pid', join(folder, 'pid'))
    .replaceAll(/listen (4000|4317|4318|4443|4444)/g, (_, port: string) => {
      return `listen 127.0.0.1:${ports[Number(port) as keyof Ports]}`
    })
    .replaceAll(/\b(gateway-1|gateway-2|api):(4000|4317)/g, (_, name: keyof Behind, port) => {
      return new URL(port === '4000' ? behind[name].url : behind[name].grpcUrl).host
    })
}

async function freePorts(): Promise<Ports> {
  const probes = [4000, 4317, 4318, 4443, 4444].map(() => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map(probe => once(probe, 'listening')))
  const [http = 0, grpc = 0, otlp = 0, tls = 0, grpcTls = 0] = probes.map(probe => {
    const address = probe.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(probes.map(probe => once(probe.close(), 'close')))
  return { 4000: http, 4317: grpc, 4318: otlp, 4443: tls, 4444: grpcTls }
}
