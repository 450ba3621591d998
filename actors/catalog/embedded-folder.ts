/** The folder of the embedded database: how it is made, and how it is started. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { readMigrations } from './migrate.ts'

/** PGlite's own, but with syncs, and without 128 MB of buffers for tables of some kilobytes. */
export const START_PARAMS = [
  ...PGlite.defaultStartParams.filter(parameter => parameter !== '-F'),
  '-c',
  'shared_buffers=4MB',
]

const INIT = fileURLToPath(new URL('init-database.ts', import.meta.url))
const PACKAGES = fileURLToPath(new URL('../../node_modules/', import.meta.url))

export function embeddedFolder(dataFolder: string): string {
  return join(dataFolder, 'catalog')
}

/** With this version's tables. Made aside and renamed, so that a kill leaves nothing half-made. */
export async function ensureDatabase(folder: string): Promise<void> {
  await ensureFolder(folder, async made => {
    if (!(await copyTemplate(migratedTemplate(), made, initDatabase))) await initDatabase(made)
  })
}

/** Without any table. */
export async function ensureEmptyDatabase(folder: string): Promise<void> {
  await ensureFolder(folder, async made => {
    if (!(await copyTemplate(emptyTemplate(), made, createDatabase))) await createDatabase(made)
  })
}

/** Makes what is copied, before several want it at once; false = nothing can be kept here. */
export function ensureTemplates(): Promise<boolean> {
  return ensureTemplate(migratedTemplate(), initDatabase)
}

/**
 * An empty database of this PGlite, to copy: to make one takes five seconds of CPU. Beside the code
 * that it is made by: whoever can write there could as well change the code.
 */
function emptyTemplate(): string {
  const about = readFileSync(join(PACKAGES, '@electric-sql/pglite/package.json'), 'utf8')
  const { version } = JSON.parse(about) as { readonly version: string }
  return join(PACKAGES, '.cache', 'logboy', `pglite-${version}-alone`)
}

/** The same with the tables of these migrations, which take another second. */
function migratedTemplate(): string {
  const migrations = createHash('sha256').update(JSON.stringify(readMigrations())).digest('hex')
  return `${emptyTemplate()}-${migrations.slice(0, 16)}`
}

async function ensureFolder(folder: string, make: Make): Promise<void> {
  if (existsSync(folder)) return
  const temporary = `${folder}.new`
  await rm(temporary, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  await make(temporary)
  await rename(temporary, folder)
}

type Make = (folder: string) => Promise<void>

/** false where no template can be kept or copied; then nothing is left behind. */
async function copyTemplate(template: string, folder: string, make: Make): Promise<boolean> {
  if ((await ensureTemplate(template, make)) && copyFolder(template, folder)) return true
  await rm(folder, { recursive: true, force: true })
  return false
}

/** Of several that make it at once the first is kept. */
async function ensureTemplate(template: string, make: Make): Promise<boolean> {
  if (existsSync(template)) return true
  try {
    mkdirSync(dirname(template), { recursive: true })
    const temporary = await mkdtemp(`${template}.`)
    try {
      await make(join(temporary, 'made'))
      await rename(join(temporary, 'made'), template)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  } catch {}
  return existsSync(template)
}

/** false = not all of it, as where a file may not be read. */
function copyFolder(from: string, to: string): boolean {
  try {
    copyFiles(from, to)
    return true
  } catch {
    return false
  }
}

/** A thousand small files: `fs.cp` takes six times the CPU. */
function copyFiles(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFiles(source, target)
    else copyFileSync(source, target)
  }
}

async function createDatabase(folder: string): Promise<void> {
  const database = await PGlite.create(folder)
  // Two thirds of the files, which only `CREATE DATABASE` would need.
  await database.exec(`UPDATE pg_database SET datistemplate = false WHERE datistemplate`)
  for (const template of ['template0', 'template1'])
    await database.exec(`DROP DATABASE ${template}`)
  await database.close()
}

/** By another process: see there. */
async function initDatabase(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [INIT, folder])
}
