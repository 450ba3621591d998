/**
 * Registers logboy/v1 with a Confluent-compatible registry, so that others can read our topics. An
 * incompatible schema refuses to start. The client registers; frames are our own (framing.ts),
 * because it leaves out the message index.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import {
  COMPATIBILITY,
  SchemaRegistry as RegistryClient,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'
import type { Clock } from '#runtime/clock.ts'

/**
 * Fields are added, and never removed, renamed or given another type: so every reader reads what
 * every version wrote, older ones skip what they do not know. Of a registry's levels it is this one
 * that takes the first and refuses the others; Apicurio's FORWARD_TRANSITIVE refuses an added field
 * and takes a removed one, its FULL_TRANSITIVE takes no change at all (both tried).
 */
const WANTED_COMPATIBILITY = COMPATIBILITY.BACKWARD_TRANSITIVE
/** With its Kafka away a registry answers reads and lets a registration hang. */
const TIMEOUT_MS = 10_000
const LEVELS_TRIED_MAX = 5

export interface SchemaText {
  /** `<topic>-value`. */
  readonly subject: string
  /** A file without imports, so that every registry can parse it. */
  readonly text: string
}

/** Ids that were given before, by subject and text; kept where it outlives the process. */
export interface SchemaIdCache {
  get(key: string): number | undefined
  set(key: string, id: number): void
}

export interface SchemaRegistryOptions {
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
  readonly cache: SchemaIdCache
  readonly clock: Clock
  readonly timeoutMs?: number
  readonly onTrouble: (error: Error, where: string) => void
}

/** The registered id, from the cache while the registry is away. Throws LOGBOY_SCHEMA_REFUSED. */
export async function registerSchema(
  options: SchemaRegistryOptions,
  schema: SchemaText,
): Promise<number> {
  const { cache, onTrouble } = options
  const key = `${schema.subject} ${createHash('sha256').update(schema.text).digest('hex')}`
  try {
    const id = await register(options, schema)
    cache.set(key, id)
    return id
  } catch (error) {
    if (isRefusal(error)) throw refused(schema.subject, error)
    const known = cache.get(key)
    if (known === undefined) throw away(options.url, error)
    onTrouble(error as Error, 'schema registry away: the id of an earlier start is used')
    return known
  }
}

/** `logs` or `metrics` as the registry is to know them. */
export function schemaText(kind: 'logs' | 'metrics', topic: string): SchemaText {
  const name = kind === 'logs' ? 'log_batch' : 'metric_batch'
  const file = new URL(`../../../proto/logboy/v1/${name}.proto`, import.meta.url)
  return { subject: `${topic}-value`, text: readFileSync(file, 'utf8') }
}

async function register(options: SchemaRegistryOptions, schema: SchemaText): Promise<number> {
  const ending = new AbortController()
  try {
    return await registerWith(newClient(options, ending.signal), options, schema)
  } finally {
    // A request that nobody waits for any longer would keep its connection, and the process.
    ending.abort()
  }
}

/** Its requests end with the signal, and their connections with them. */
function newClient({ url, auth }: SchemaRegistryOptions, signal: AbortSignal): RegistryClient {
  return new RegistryClient({
    host: url.replace(/\/+$/, ''),
    clientId: 'logboy',
    retry: { retries: 1 },
    agent: url.startsWith('https:') ? new HttpsAgent() : new HttpAgent(),
    middlewares: [() => ({ prepareRequest: async next => (await next()).enhance({ signal }) })],
    ...(auth === undefined ? {} : { auth }),
  })
}

async function registerWith(
  client: RegistryClient,
  options: SchemaRegistryOptions,
  schema: SchemaText,
): Promise<number> {
  const { clock, timeoutMs = TIMEOUT_MS, onTrouble } = options
  const { subject } = schema
  const content = { type: SchemaType.PROTOBUF, schema: schema.text } as const
  const send = (compatibility: COMPATIBILITY): Promise<{ readonly id: number }> => {
    const attempt = () =>
      inTime(client.register(content, { subject, compatibility }), clock, timeoutMs)
    return attempt().catch((error: unknown) => {
      // A process that starts beside this one gave the subject its level first.
      if (!/COMPATIBILITY.* already exists/.test(String(error))) throw error
      return attempt()
    })
  }
  let level: COMPATIBILITY = WANTED_COMPATIBILITY
  for (let tries = 1; ; tries++) {
    try {
      const { id } = await send(level)
      if (level !== WANTED_COMPATIBILITY) {
        onTrouble(new Error(`its compatibility is ${level}`), `schema registry, subject ${subject}`)
      }
      return id
    } catch (error) {
      // Someone chose another level for the subject: theirs holds. It may still be changing, where
      // processes start together.
      const theirs = levelIn(error)
      if (theirs === undefined || tries === LEVELS_TRIED_MAX) throw error
      level = theirs
    }
  }
}

/** The client tells the level of the subject in words alone: `(OURS != THEIRS)`. */
function levelIn(error: unknown): COMPATIBILITY | undefined {
  const [, level] = /does not match.*!= (\w+)\)/.exec(String(error)) ?? []
  return Object.values(COMPATIBILITY).find(known => known === level)
}

function inTime<Value>(promise: Promise<Value>, clock: Clock, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer within ${timeoutMs} ms`)
    const cancel = clock.after(timeoutMs, () => reject(late))
    promise.then(resolve, reject).finally(cancel)
  })
}

/**
 * 409 incompatible, 422 not a schema, 401 and 403 not allowed: trying again changes nothing. (The
 * client tells a refused connection as status 400.)
 */
const REFUSALS = [401, 403, 409, 422]

function isRefusal(error: unknown): error is Error {
  const { status } = error as { status?: unknown }
  return error instanceof Error && REFUSALS.includes(Number(status))
}

function refused(subject: string, cause: Error): Error {
  const message = `the schema registry refuses the schema of ${subject}: ${cause.message}`
  return Object.assign(new Error(message, { cause }), { code: 'LOGBOY_SCHEMA_REFUSED', subject })
}

function away(url: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `the schema registry at ${url} does not answer (${reason}), and no id is known yet`
  return Object.assign(new Error(message, { cause }), { code: 'LOGBOY_SCHEMA_REGISTRY_AWAY' })
}
