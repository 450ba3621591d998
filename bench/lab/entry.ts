/** Where programs reach an installation: one server, or several behind a balancer. */

export interface ProjectKeys {
  readonly id: string
  readonly ingest: string
  readonly read: string
}

export interface LabEntry {
  readonly url: string
  readonly grpcUrl: string
  /** A REST call as administrator, or with the given key. */
  call(method: string, path: string, body?: unknown, key?: string): Promise<Record<string, string>>
}

export interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly token: string
}

/** Who hears nothing for so long says for what it waits. */
const ANSWER_MS_MAX = 120_000

export async function callAt(
  url: string,
  { method, path, body, token }: Call,
): Promise<Record<string, string>> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  }).catch((error: Error) => {
    throw new Error(`${method} ${url}${path}: ${error.message}`, { cause: error })
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

export async function projectAt(entry: LabEntry, name: string): Promise<ProjectKeys> {
  const { id = '', ingest_key, read_key } = await entry.call('POST', '/api/v1/projects', { name })
  return { id, ingest: ingest_key ?? '', read: read_key ?? '' }
}
