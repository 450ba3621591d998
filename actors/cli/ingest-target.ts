/**
 * Where `ship` and `generate` send to: a given key, or a key of their own for as long as they run.
 */
import { pause } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { type Connection, call, findProject } from './client.ts'
import { RecordSender } from './record-sender.ts'

export interface IngestTarget {
  readonly sender: RecordSender
  /** Sends what is left and gives the key back. */
  close(): Promise<void>
}

export interface IngestTargetOptions {
  /** Signs in; only asked for when no key is given. */
  readonly connection: () => Connection
  readonly url: string | undefined
  readonly project: string | undefined
  readonly key: string | undefined
  /** What the key of its own is called. */
  readonly name: string
  readonly onWait: (reason: string) => void
}

const DEFAULT_URL = 'http://127.0.0.1:4000'
/** A command that is killed leaves its key behind for no longer than this. */
const KEY_SECONDS = 24 * 3600

export async function openSender(options: IngestTargetOptions): Promise<IngestTarget> {
  const tools = { pause, random: systemRandom, onWait: options.onWait }
  if (options.key !== undefined) {
    const url = options.url ?? DEFAULT_URL
    const sender = new RecordSender({ ...tools, url, key: options.key })
    return { sender, close: () => sender.flush() }
  }
  const connection = options.connection()
  const { id } = await findProject(connection, options.project ?? 'default')
  const own = await call<{ id: string; key: string }>(
    connection,
    'POST',
    `/api/v1/projects/${id}/keys`,
    {
      name: `logboy ${options.name}`,
      scopes: ['ingest'],
      expires_in: KEY_SECONDS,
    },
  )
  const sender = new RecordSender({ ...tools, url: connection.url, key: own.key })
  return {
    sender,
    async close() {
      await sender.flush()
      await call(connection, 'DELETE', `/api/v1/projects/${id}/keys/${own.id}`)
    },
  }
}
