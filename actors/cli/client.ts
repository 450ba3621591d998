/**
 * How the command line reaches a server: on this machine through its data folder, elsewhere by URL
 * and token.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientEnvironment } from '#actors/config.ts'
import type { Problem, Project, ProjectCreated, ProjectSettings } from '#proto/api.ts'

export interface Connection {
  readonly url: string
  readonly token: string
}

export interface ConnectOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly dataFolder: string
}

/** The server's note in its data folder about where it listens. */
export interface ServerNote {
  readonly pid: number
  readonly url: string
  readonly grpc: string
  readonly otlp: string
}

export class ClientError extends Error {
  readonly code: string
  readonly status: number

  constructor(message: string, code: string, status = 0) {
    super(message)
    this.code = code
    this.status = status
  }
}

const DEFAULT_URL = 'http://127.0.0.1:4000'

/** Chooses server and token; throws when there is nothing to sign in with. */
export function connect({ url, token, dataFolder }: ConnectOptions): Connection {
  const environment = clientEnvironment()
  const given = url ?? environment.url
  const secret = token ?? environment.token ?? readAdminToken(dataFolder, given)
  return { url: serverUrl({ url, dataFolder }), token: secret }
}

/** For what anybody may ask. */
export function serverUrl({ url, dataFolder }: Omit<ConnectOptions, 'token'>): string {
  const given = url ?? clientEnvironment().url
  return (given ?? readServerNote(dataFolder)?.url ?? DEFAULT_URL).replace(/\/+$/, '')
}

export function readServerNote(dataFolder: string): ServerNote | null {
  const path = join(dataFolder, 'server.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ServerNote) : null
}

/** One REST call; a Problem becomes a ClientError with its code. */
export async function call<Reply>(
  connection: Connection,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Reply> {
  const response = await reach(connection, path, {
    method,
    headers: {
      authorization: `Bearer ${connection.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw problemOf(response.status, text)
  return (text === '' ? undefined : JSON.parse(text)) as Reply
}

/** A fetch whose failure names the server and what to do. */
export async function reach(
  connection: Pick<Connection, 'url'>,
  path: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetch(connection.url + path, init)
  } catch (error) {
    const cause = (error as Error).cause as { code?: string } | undefined
    const what = cause?.code ?? (error as Error).message
    const hint = /CERT|SIGNATURE/.test(what)
      ? 'name the file of its authority in LOGBOY_CA'
      : 'is the server running?'
    throw new ClientError(
      `no answer from ${connection.url} (${what}); ${hint}`,
      'LOGBOY_SERVER_AWAY',
    )
  }
}

export function problemOf(status: number, text: string): ClientError {
  try {
    const problem = JSON.parse(text) as Problem
    return new ClientError(problem.detail, problem.code, status)
  } catch {
    return new ClientError(
      `the server answered ${status}: ${text.slice(0, 200)}`,
      'LOGBOY_HTTP',
      status,
    )
  }
}

/** A project by name or id. */
export async function findProject(connection: Connection, nameOrId: string): Promise<Project> {
  const { projects } = await call<{ projects: Project[] }>(connection, 'GET', '/api/v1/projects')
  const found = projects.find(({ id, name }) => name === nameOrId || id === nameOrId)
  if (found !== undefined) return found
  const known = projects.map(({ name }) => name).join(', ') || 'none yet'
  throw new ClientError(
    `there is no project ${nameOrId} (known: ${known})`,
    'LOGBOY_PROJECT_UNKNOWN',
  )
}

export function createProject(
  connection: Connection,
  settings: Pick<ProjectSettings, 'name'> & Partial<ProjectSettings>,
): Promise<ProjectCreated> {
  return call<ProjectCreated>(connection, 'POST', '/api/v1/projects', settings)
}

function readAdminToken(dataFolder: string, url: string | undefined): string {
  const path = join(dataFolder, 'admin.token')
  // The local server's token is nobody else's business.
  if (url !== undefined && !/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(url)) {
    throw new ClientError(`a token is needed for ${url}: set LOGBOY_TOKEN`, 'LOGBOY_TOKEN_MISSING')
  }
  if (!existsSync(path)) {
    throw new ClientError(
      `no token: there is no ${path}. Start the server here, or set LOGBOY_URL and LOGBOY_TOKEN`,
      'LOGBOY_TOKEN_MISSING',
    )
  }
  return readFileSync(path, 'utf8').trim()
}
