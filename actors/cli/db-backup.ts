/** `logboy db backup`: the catalog as SQL text, also from under a running server. */
import { closeSync, fsyncSync, renameSync, rmSync, writeSync } from 'node:fs'
import { Command } from 'commander'
import { backup } from '#actors/catalog/backup.ts'
import { DataFolderError } from '#actors/data-folder.ts'
import { connect, problemOf, reach } from './client.ts'
import { type DbOptions, openedFile, type Target, targetOf, withSession } from './db-target.ts'
import { print } from './terminal.ts'

export function backupCommand(): Command {
  return new Command('backup')
    .argument('[file]', 'where to write it; stdout unless given', '-')
    .description('write the catalog as SQL that psql and restore read')
    .action(async (file: string, options: DbOptions) => {
      const target = targetOf(options)
      if (file === '-') {
        await write(target, piece => process.stdout.write(piece))
        return
      }
      const bytes = await writeFile(file, target)
      const text = `${file}: ${Math.ceil(bytes / 1024)} KiB from ${target.place}`
      print({ json: options.json === true }, { file, bytes }, text)
    })
}

/** Whole or not at all, and for nobody else's eyes: hashes of keys and sessions are in it. */
async function writeFile(file: string, target: Target): Promise<number> {
  const temporary = `${file}.part`
  const fd = openedFile(temporary, 'w')
  let bytes = 0
  try {
    await write(target, piece => {
      bytes += writeSync(fd, piece)
    })
    fsyncSync(fd)
    renameSync(temporary, file)
    return bytes
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
}

/** A server that holds the embedded database is asked for it. */
async function write(target: Target, take: (piece: string) => unknown): Promise<void> {
  try {
    await withSession(target, async ask => {
      for await (const piece of backup(ask)) take(piece)
    })
  } catch (error) {
    if (!(error instanceof DataFolderError) || error.code !== 'LOGBOY_DATA_IN_USE') throw error
    const connection = connect({ dataFolder: target.config.dataFolder })
    const headers = { authorization: `Bearer ${connection.token}` }
    const response = await reach(connection, '/api/v1/system/backup', { headers })
    const text = await response.text()
    if (!response.ok) throw problemOf(response.status, text)
    take(text)
  }
}
