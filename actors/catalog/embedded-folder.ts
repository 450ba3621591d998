/** The folder of the embedded database: how it is made, and how it is started. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'

/** PGlite's own, but with syncs, and without 128 MB of buffers for tables of some kilobytes. */
export const START_PARAMS = [
  ...PGlite.defaultStartParams.filter(parameter => parameter !== '-F'),
  '-c',
  'shared_buffers=4MB',
]

const INIT = fileURLToPath(new URL('init-database.ts', import.meta.url))

export function embeddedFolder(dataFolder: string): string {
  return join(dataFolder, 'catalog')
}

/** Made aside and renamed, so that a kill in between leaves nothing half-made behind. */
export async function ensureDatabase(folder: string): Promise<void> {
  if (existsSync(folder)) return
  const temporary = `${folder}.new`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  await promisify(execFile)(process.execPath, [INIT, temporary])
  renameSync(temporary, folder)
}
