/** `logboy stop`: drains the local server and waits until it has ended. */
import { Command } from 'commander'
import { pause, systemClock } from '#runtime/clock.ts'
import { readServerNote } from './client.ts'
import { dataFolderOf } from './options.ts'
import { fail, print } from './terminal.ts'

const STOP_MS_MAX = 30_000
const LOOK_MS = 50

export function stopCommand(): Command {
  return new Command('stop')
    .description('stop the local server: drain, then end')
    .option('--data <folder>', 'its data folder (LOGBOY_DATA)')
    .option('--json', 'print JSON')
    .action(async (options: { data?: string; json?: boolean }) => {
      const folder = dataFolderOf(options)
      const server = readServerNote(folder)
      if (server === null || !isAlive(server.pid)) fail(`no server runs on ${folder}`)
      process.kill(server.pid, 'SIGTERM')
      const deadline = systemClock.monotonicMs() + STOP_MS_MAX
      while (isAlive(server.pid)) {
        if (systemClock.monotonicMs() > deadline) fail(`pid ${server.pid} still runs after 30 s`)
        await pause(LOOK_MS)
      }
      print({ json: options.json === true }, { stopped: server.pid }, `stopped ${server.pid}`)
    })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
