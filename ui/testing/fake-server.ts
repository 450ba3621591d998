/**
 * A server for developing and testing the page: REST and tail of proto/api.ts and proto/tail.ts
 * over rows in memory, the built page under the real content security policy, and faults on demand.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { WebSocketServer } from 'ws'
import { CONTENT_SECURITY_POLICY } from '#actors/http/static-files.ts'
import type { Project, Row, SearchRequest } from '#proto/api.ts'
import { FakeAlerts } from './fake-alerts.ts'
import type { Answer } from './fake-answer.ts'
import { FakeChannels } from './fake-channels.ts'
import { FakeExploreRoutes } from './fake-explore-routes.ts'
import { FAKE_OPENAPI } from './fake-openapi.ts'
import { FakePeople } from './fake-people.ts'
import { fakeSearch } from './fake-search.ts'
import { FakeTail, pointsOf } from './fake-tail.ts'
import type { LongList } from './long-list.ts'

export const TOKEN = 'fake-admin-token'
export const TICKET = 'fake-ticket'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

interface Failure {
  readonly status: number
  readonly code: string
  readonly detail: string
}

export class FakeServer {
  readonly tail: FakeTail
  readonly searches: SearchRequest[] = []
  readonly projects: Project[]
  readonly people: FakePeople
  readonly explore = new FakeExploreRoutes()
  readonly alerts = new FakeAlerts()
  readonly channels = new FakeChannels()
  readonly #rows = new Map<string, Row[]>()
  readonly #folder: string
  readonly #server: Server
  #ticketUsed = false
  /** The next searches fail with this. */
  failure: Failure | null = null
  /** Answers searches, whatever they ask for. */
  longList: LongList | null = null
  /** Milliseconds that each search takes. */
  delayMs = 0

  /** `folder` holds the built page. */
  constructor(folder: string, projectNames: readonly string[]) {
    this.#folder = folder
    this.projects = projectNames.map((name, index) => project(name, index))
    for (const { id } of this.projects) {
      this.#rows.set(id, [])
      this.#rows.set(pointsOf(id), [])
    }
    this.people = new FakePeople(this.projects)
    this.tail = new FakeTail(projectId => this.rowsOf(projectId))
    this.#server = createServer((request, response) => void this.#answer(request, response))
    const sockets = new WebSocketServer({ noServer: true })
    this.#server.on('upgrade', (request, socket, head) => {
      if (!this.#isSignedIn(request) || this.tail.away) {
        socket.destroy()
        return
      }
      sockets.handleUpgrade(request, socket, head, client => {
        const params = new URL(request.url ?? '/', 'http://fake').searchParams
        if (params.get('kind') === 'alerts') this.alerts.accept(client)
        else this.tail.accept(client, params)
      })
    })
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.tail.cut()
    this.alerts.cut()
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** All rows of a project in the order of their arrival. */
  rowsOf(projectId: string): Row[] {
    return this.#rows.get(projectId) ?? []
  }

  /** Rows arrive: they can be searched, and tails get those that match. */
  append(projectId: string, rows: readonly Row[]): void {
    this.rowsOf(projectId).push(...rows)
    this.tail.pump(projectId)
  }

  signOutEverybody(): void {
    this.people.signOutEverybody()
    this.tail.cut()
    this.alerts.cut()
  }

  #isSignedIn(request: IncomingMessage): boolean {
    return this.people.whoHas(cookiesOf(request)) !== null
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake')
    const route = `${request.method} ${pathname}`
    if (route === 'GET /health') return reply(response, 200, { status: 'ok', version: '0.1.0' })
    if (!pathname.startsWith('/api/')) return this.#file(pathname, response)
    if (route === 'POST /api/v1/sessions') return this.#signIn(await readBody(request), response)
    if (route === 'GET /api/v1/openapi.json') return reply(response, 200, FAKE_OPENAPI)
    const body = request.method === 'GET' ? {} : await readBody(request)
    const cookies = cookiesOf(request)
    const call = { body: body as Record<string, unknown>, query: searchParams, cookies }
    const answered = this.people.answer(request.method ?? '', pathname, call)
    if (answered !== null) return send(response, answered)
    if (!this.#isSignedIn(request))
      return refuse(response, { status: 401, code: 'LOGBOY_SESSION_MISSING', detail: 'sign in' })
    if (route === 'POST /api/v1/projects') return this.#create(body, cookies, response)
    if (route === 'GET /api/v1/metrics/overview')
      return reply(response, 200, overviewOf(this.rowsOf(searchParams.get('project') ?? '')))
    if (route === 'POST /api/v1/logs/search') return this.#search(body as SearchRequest, response)
    const question = {
      method: request.method ?? '',
      path: pathname,
      params: searchParams,
      body,
      rowsOf: (projectId: string) => this.rowsOf(projectId),
    }
    const explored =
      this.explore.answer(question) ??
      this.alerts.answer(question) ??
      this.channels.answer(question)
    if (explored !== null) return send(response, explored)
    const id = /^GET \/api\/v1\/logs\/(\w+)$/.exec(route)?.[1]
    const row = this.rowsOf(searchParams.get('project') ?? '').find(other => other.id === id)
    if (row !== undefined) return reply(response, 200, row)
    refuse(response, { status: 404, code: 'LOGBOY_NOT_FOUND', detail: 'there is no such log' })
  }

  async #search(request: SearchRequest, response: ServerResponse): Promise<void> {
    this.searches.push(request)
    if (this.delayMs > 0) await new Promise(resolve => setTimeout(resolve, this.delayMs))
    if (this.failure !== null) return refuse(response, this.failure)
    const rows = this.rowsOf(request.project ?? '')
    if (this.longList !== null) {
      return reply(response, 200, this.longList.search(request, this.tail.tokenOf(rows.length)))
    }
    try {
      reply(response, 200, fakeSearch(rows, request, this.tail.tokenOf(rows.length)))
    } catch (error) {
      const { message } = error as Error
      refuse(response, { status: 400, code: 'LOGBOY_QUERY_INVALID', detail: message })
    }
  }

  #signIn(body: unknown, response: ServerResponse): void {
    const { ticket, token } = body as { ticket?: string; token?: string }
    const known = token === TOKEN || (ticket === TICKET && !this.#ticketUsed)
    if (ticket === TICKET) this.#ticketUsed = true
    if (!known)
      return refuse(response, { status: 401, code: 'LOGBOY_SIGN_IN_FAILED', detail: 'unknown' })
    response.setHeader('set-cookie', this.people.enterAsAdministrator())
    reply(response, 200, { role: 'administrator' })
  }

  #create(body: unknown, cookies: ReadonlyMap<string, string>, response: ServerResponse): void {
    const created = project((body as { name: string }).name, this.projects.length)
    this.projects.push(created)
    this.#rows.set(created.id, [])
    const who = this.people.whoHas(cookies)
    if (who !== null && who !== 'administrator') this.people.addMember(created.id, who, 'owner')
    const keys = { ingest_key: `lb_ingest${created.id}_secret`, read_key: 'lb_read_secret' }
    reply(response, 201, { ...created, ...keys })
  }

  async #file(pathname: string, response: ServerResponse): Promise<void> {
    const path = extname(pathname) === '' ? '/index.html' : normalize(pathname)
    try {
      const bytes = await readFile(join(this.#folder, path))
      response.writeHead(200, {
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': CONTENT_SECURITY_POLICY,
      })
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }
}

function project(name: string, index: number): Project {
  return {
    id: `project${String(index).padStart(3, '0')}`,
    name,
    created_at: '2026-11-01T08:00:00.000Z',
    retention_days: 30,
    records_per_second: 0,
    bytes_per_second: 0,
    time_zone: 'UTC',
  }
}

function cookiesOf(request: IncomingMessage): ReadonlyMap<string, string> {
  const parts = (request.headers.cookie ?? '').split(';').map(part => part.trim().split('='))
  return new Map(parts.map(([name = '', value = '']) => [name, value]))
}

/** As GET metrics/overview tells it, of all rows there are. */
function overviewOf(rows: readonly Row[]): unknown {
  const count = (names: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1
    return counts
  }
  const by_level = count(rows.map(({ level }) => level))
  const errors = (by_level['ERROR'] ?? 0) + (by_level['FATAL'] ?? 0)
  return {
    total: rows.length,
    logs_per_minute: rows.length / 1440,
    by_level,
    error_rate: errors / Math.max(1, rows.length),
    by_service: count(rows.map(({ service }) => service)),
    stored: { rows: rows.length, bytes: rows.length * 42 },
  }
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.cookies !== undefined) response.setHeader('set-cookie', [...answer.cookies])
  const { status, code, detail = '' } = answer
  if (code !== undefined) refuse(response, { status, code, detail })
  else reply(response, status, answer.body ?? null)
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body === null ? '' : JSON.stringify(body))
}

function refuse(response: ServerResponse, { status, code, detail }: Failure): void {
  reply(response, status, { type: 'about:blank', title: code, status, code, detail })
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
}
