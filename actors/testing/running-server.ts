/**
 * The whole server in this process, on a folder and ports of its own: tests go through its doors.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import WebSocket from 'ws'
import { loadConfig } from '#actors/config.ts'
import { type Running, startLogboy } from '#actors/topology.ts'
import type { ProjectCreated, SearchReply, SearchRequest } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'

export interface Reply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export const ADMIN_TOKEN = 'lbadm_0123456789012345678901234567890123456789012'

const ANY_PORTS = { 'http-port': '0', 'grpc-port': '0', 'otlp-http-port': '0' }

export class RunningServer {
  readonly folder: string
  readonly #running: Running

  private constructor(folder: string, running: Running) {
    this.folder = folder
    this.#running = running
  }

  /** `flags` as on the command line; the same folder again is a restart. */
  static async start(
    flags: Record<string, string> = {},
    folder = mkdtempSync(join(tmpdir(), 'logboy-server-')),
  ): Promise<RunningServer> {
    const config = loadConfig({
      env: {},
      folder,
      flags: { data: folder, ...ANY_PORTS, ...flags },
    })
    const running = await startLogboy({
      config,
      log: pino({ level: 'silent' }),
      version: 'test',
      adminToken: ADMIN_TOKEN,
      onFatal: error => {
        throw error
      },
    })
    return new RunningServer(folder, running)
  }

  get url(): string {
    return this.#running.url
  }

  get grpcUrl(): string {
    assert(this.#running.grpcUrl !== null)
    return this.#running.grpcUrl
  }

  get otlpUrl(): string {
    assert(this.#running.otlpUrl !== null)
    return this.#running.otlpUrl
  }

  stop(): Promise<void> {
    return this.#running.stop('test')
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options: { token?: string | null; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Reply<Body>> {
    const { token = ADMIN_TOKEN, body, headers = {} } = options
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    }
  }

  async createProject(name: string): Promise<ProjectCreated> {
    return (await this.call<ProjectCreated>('POST', '/api/v1/projects', { body: { name } })).body
  }

  async ingest(
    key: string,
    records: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<unknown>> {
    return await this.call('POST', '/ingest', { token: key, body: records, headers })
  }

  async search(token: string, request: SearchRequest): Promise<SearchReply> {
    return (await this.call<SearchReply>('POST', '/api/v1/logs/search', { token, body: request }))
      .body
  }

  /** A live tail whose frames are awaited one by one. */
  tail(token: string, parameters: Record<string, string>): TailReader {
    const query = new URLSearchParams(parameters)
    const url = `${this.url.replace(/^http/, 'ws')}/api/v1/tail?${query.toString()}`
    return new TailReader(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }))
  }
}

export class TailReader {
  readonly socket: WebSocket
  /** Code of the close, or status of a refused upgrade. */
  readonly ended: Promise<number>
  readonly #frames: TailFrame[] = []
  #wake: () => void = () => undefined

  constructor(socket: WebSocket) {
    this.socket = socket
    this.ended = new Promise(resolve => {
      socket.on('close', resolve)
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    })
    socket.on('error', () => undefined)
    socket.on('message', data => {
      this.#frames.push(JSON.parse((data as Buffer).toString()) as TailFrame)
      this.#wake()
    })
  }

  /** The next frame that is not merely a sign of life. */
  async next(): Promise<TailFrame> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined && frame.type !== 'idle') return frame
      if (frame === undefined) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Messages until there are `count` of them, and the last token. */
  async messages(count: number): Promise<{ messages: string[]; token: string }> {
    const messages: string[] = []
    let token = ''
    while (messages.length < count) {
      const frame = await this.next()
      if (frame.type !== 'rows') throw new Error(`expected rows, got ${JSON.stringify(frame)}`)
      messages.push(...frame.rows.map(row => row.message))
      token = frame.token
    }
    return { messages, token }
  }
}
