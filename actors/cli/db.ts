/** `logboy db init|migrate|status|backup|restore|reset|shell`: the catalog, without a server. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { type CatalogState, inspect } from '#actors/catalog/inspect.ts'
import { refuseNewer } from '#actors/catalog/migrate.ts'
import { dropTables, restore } from '#actors/catalog/restore.ts'
import { createPostgresDatabase } from '#actors/catalog/session.ts'
import { CatalogUnreachableError } from '#actors/catalog/unreachable.ts'
import { backupCommand } from './db-backup.ts'
import { shellCommand } from './db-shell.ts'
import {
  type DbOptions,
  migrateTarget,
  openedFile,
  refuseUsed,
  type Target,
  targetOf,
  withDbOptions,
  withSession,
} from './db-target.ts'
import { fail, print, table } from './terminal.ts'

export function dbCommand(): Command {
  const db = new Command('db').description('the catalog: projects, keys, sessions')
  for (const command of [
    initCommand(),
    migrateCommand(),
    statusCommand(),
    backupCommand(),
    restoreCommand(),
    resetCommand(),
    shellCommand(),
  ]) {
    db.addCommand(withDbOptions(command))
  }
  return db
}

function initCommand(): Command {
  return new Command('init')
    .description('make the database and its tables where they are missing')
    .action(async (options: DbOptions) => {
      const target = targetOf(options)
      const before = await stateIfAny(target)
      if (before === null && target.kind === 'postgres') {
        await createPostgresDatabase(target.config.databaseUrl)
      }
      await migrateTarget(target)
      await tellApplied(target, before, options)
    })
}

function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the tables of an older version to this one; a start does it, too')
    .action(async (options: DbOptions) => {
      const target = targetOf(options)
      const before = await withSession(target, inspect)
      await migrateTarget(target)
      await tellApplied(target, before, options)
    })
}

async function tellApplied(
  target: Target,
  before: CatalogState | null,
  { json = false }: DbOptions,
): Promise<void> {
  const { applied: after } = await withSession(target, inspect)
  const applied = after.filter(name => before?.applied.includes(name) !== true)
  const text =
    applied.length === 0 ? 'nothing to do' : applied.map(name => `applied ${name}`).join('\n')
  const { kind, place } = target
  print({ json }, { kind, place, applied }, `${text}\n${place} is at the version of this Logboy`)
}

function statusCommand(): Command {
  return new Command('status')
    .description('which tables there are, and how much they hold')
    .action(async (options: DbOptions) => {
      const target = targetOf(options)
      const state = await withSession(target, inspect)
      const { kind, place } = target
      const rows = Object.entries(state.rows).map(([name, count]) => [name, String(count)])
      const lines = [
        `${kind} ${place}, PostgreSQL ${state.server}, ${Math.ceil(state.bytes / 1024)} KiB`,
        versionLine(state),
        table(['TABLE', 'ROWS'], rows),
      ]
      print({ json: options.json === true }, { kind, place, ...state }, lines.join('\n'))
    })
}

function versionLine({ applied, pending, unknown }: CatalogState): string {
  if (unknown.length > 0) return `written by a newer Logboy: ${unknown.join(', ')}`
  if (pending.length === 0) return `${applied.length} migrations, all applied`
  return `${applied.length} migrations applied, due: ${pending.join(', ')}`
}

function restoreCommand(): Command {
  return new Command('restore')
    .argument('<file>', 'what backup wrote; - for stdin')
    .description('put a backup into an empty catalog of either kind')
    .action(async (file: string, options: DbOptions) => {
      const target = targetOf(options)
      const input =
        file === '-' ? process.stdin : createReadStream(file, { fd: openedFile(file, 'r') })
      if ((await stateIfAny(target)) === null) await migrateTarget(target)
      input.setEncoding('utf8')
      await withSession(target, async ask => {
        await refuseUsed(target, ask)
        await restore(input as AsyncIterable<string>, ask)
      })
      await migrateTarget(target)
      const { rows } = await withSession(target, inspect)
      const { kind, place } = target
      const text = `restored ${rows['projects'] ?? 0} projects into ${place}`
      print({ json: options.json === true }, { kind, place, rows }, text)
    })
}

function resetCommand(): Command {
  return new Command('reset')
    .option('--yes <name>', 'the name, for scripts')
    .description('delete all projects, keys and sessions; asks for the name of the database')
    .action(async (options: DbOptions & { yes?: string }) => {
      const target = targetOf(options)
      await withSession(target, async ask => {
        await refuseUsed(target, ask)
        const state = await inspect(ask)
        refuseNewer(state.applied)
        const typed = options.yes ?? (await typedName(target, state))
        if (typed !== target.name) fail(`that is not ${target.name}; nothing was changed`)
        await dropTables(ask)
      })
      await migrateTarget(target)
      const { kind, place } = target
      print({ json: options.json === true }, { kind, place, reset: true }, `${place} is empty`)
    })
}

/** From a terminal or a pipe; nothing at all is no name. */
async function typedName({ place, name }: Target, { rows }: CatalogState): Promise<string> {
  const held = `${rows['projects'] ?? 0} projects and ${rows['project_keys'] ?? 0} keys`
  process.stderr.write(`${place} holds ${held}. To delete all of it type ${name}: `)
  const lines = createInterface({ input: process.stdin })
  const line = await new Promise<string>(resolve => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  lines.close()
  return line.trim()
}

/** null = there is no such database yet. */
async function stateIfAny(target: Target): Promise<CatalogState | null> {
  try {
    return await withSession(target, inspect)
  } catch (error) {
    const isMissing =
      (error as { code?: unknown }).code === 'LOGBOY_CATALOG_MISSING' ||
      (error instanceof CatalogUnreachableError && error.isMissing)
    if (isMissing) return null
    throw error
  }
}
