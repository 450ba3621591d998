/** Which database `logboy db` works on, and how it gets at it alone. */
import { existsSync, openSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { embeddedFolder } from '#actors/catalog/embedded-folder.ts'
import { openCatalog } from '#actors/catalog/open-catalog.ts'
import { type Ask, openEmbeddedSession, openPostgresSession } from '#actors/catalog/session.ts'
import { placeOf } from '#actors/catalog/unreachable.ts'
import { loadConfig } from '#actors/config.ts'
import { lockDataFolder } from '#actors/data-folder-lock.ts'
import type { Config } from '#actors/settings.ts'
import { systemRandom } from '#runtime/random.ts'

export interface DbOptions {
  readonly data?: string
  readonly databaseUrl?: string
  readonly json?: boolean
}

export interface Target {
  readonly kind: 'embedded' | 'postgres'
  /** As it may be shown. */
  readonly place: string
  /** What has to be typed before it is emptied. */
  readonly name: string
  readonly config: Config
}

export class DbError extends Error {
  readonly code: 'LOGBOY_CATALOG_MISSING' | 'LOGBOY_CATALOG_IN_USE' | 'LOGBOY_FILE_UNUSABLE'

  constructor(code: DbError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export function withDbOptions(command: Command): Command {
  return command
    .option('--data <folder>', "the server's data folder (LOGBOY_DATA)")
    .option('--database-url <url>', 'PostgreSQL in place of the embedded one (DATABASE_URL)')
    .option('--json', 'print JSON')
}

export function targetOf({ data, databaseUrl }: DbOptions): Target {
  const config = loadConfig({ flags: { data, 'database-url': databaseUrl } })
  const { databaseUrl: url, dataFolder } = config
  if (url === '') {
    const place = embeddedFolder(dataFolder)
    return { kind: 'embedded', place, name: basename(dataFolder), config }
  }
  const place = placeOf(url)
  return { kind: 'postgres', place, name: place.slice(place.indexOf('/') + 1), config }
}

/** One session, closed afterwards; the embedded database is nobody else's meanwhile. */
export async function withSession<Result>(
  { kind, place, config }: Target,
  work: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  if (kind === 'postgres') return within(await openPostgresSession(config.databaseUrl), work)
  if (!existsSync(place)) {
    throw new DbError(
      'LOGBOY_CATALOG_MISSING',
      `there is no catalog in ${place}; \`logboy db init\` makes one`,
    )
  }
  const release = await lockDataFolder(config.dataFolder, systemRandom)
  try {
    return await within(await openEmbeddedSession(place), work)
  } finally {
    release()
  }
}

/** Brings the tables to this version, and makes an embedded database that is not there. */
export async function migrateTarget({ kind, config }: Target): Promise<void> {
  const release =
    kind === 'embedded' ? await lockDataFolder(config.dataFolder, systemRandom) : () => undefined
  try {
    const catalog = await openCatalog(config)
    await catalog.close()
  } finally {
    release()
  }
}

/** For what would pull the tables away under a server; the embedded database has the lock. */
export async function refuseUsed({ kind, place }: Target, ask: Ask): Promise<void> {
  if (kind === 'embedded') return
  const { rows } = await ask(`
    SELECT DISTINCT coalesce(client_addr::text, 'this machine') FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'logboy'
  `)
  if (rows.length === 0) return
  const where = rows.map(([address]) => address).join(', ')
  throw new DbError(
    'LOGBOY_CATALOG_IN_USE',
    `${place} is in use by servers on ${where}; stop them first`,
  )
}

/** For its owner's eyes only where it is made. */
export function openedFile(path: string, flags: 'r' | 'w'): number {
  try {
    return openSync(path, flags, 0o600)
  } catch (error) {
    const verb = flags === 'r' ? 'read' : 'written'
    const { code, message } = error as NodeJS.ErrnoException
    throw new DbError('LOGBOY_FILE_UNUSABLE', `${path} cannot be ${verb}: ${code ?? message}`)
  }
}

async function within<Result>(
  session: { readonly ask: Ask; close(): Promise<void> },
  work: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(session.ask)
  } finally {
    await session.close()
  }
}
