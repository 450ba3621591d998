/**
 * Where `ship` and `generate` send to: a given key, or a key of their own for as long as they run.
 */
import { clientEnvironment } from '#actors/config.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { call, findProject, serverUrl } from './client.ts'
import { type ClientOptions, connectionOf, dataFolderOf } from './options.ts'
import { RecordSender } from './record-sender.ts'
import { fail, note } from './terminal.ts'

const TOOLS = { clock: systemClock, pause, random: systemRandom }

export interface IngestTarget {
  readonly sender: RecordSender
  /** Sends what is left and gives the key back. */
  close(): Promise<void>
}

export interface IngestTargetOptions extends ClientOptions {
  readonly project?: string
  readonly key?: string
  /** What the key of its own is called. */
  readonly name: string
}

/** A command that is killed leaves its key behind for no longer than this. */
const KEY_SECONDS = 24 * 3600

export async function openSender(options: IngestTargetOptions): Promise<IngestTarget> {
  const onWait = (reason: string) => note(`waiting: ${reason}`)
  const key = options.key ?? (options.project === undefined ? clientEnvironment().key : undefined)
  if (key !== undefined) {
    const url = serverUrl({ url: options.url, dataFolder: dataFolderOf(options) })
    const sender = new RecordSender({ ...TOOLS, onWait, url, key })
    return { sender, close: () => sender.flush() }
  }
  if (options.project === undefined) fail('name a --project or a --key')
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
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
  const sender = new RecordSender({ ...TOOLS, onWait, url: connection.url, key: own.key })
  return {
    sender,
    async close() {
      await sender.flush()
      await call(connection, 'DELETE', `/api/v1/projects/${id}/keys/${own.id}`)
    },
  }
}
