/** `logboy start --detach`: the server in the background, back when it is ready. */
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { loadConfig } from '#actors/config.ts'
import { makeDataFolder } from '#actors/data-folder.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { readServerNote } from './client.ts'
import { flagsOf } from './serve.ts'
import { fail, print } from './terminal.ts'

const READY_MS_MAX = 60_000
const LOOK_MS = 50

export function startCommand(): Command {
  return new Command('start')
    .description('run the server; with --detach in the background')
    .option('--detach', 'return when it is ready')
    .option('--json', 'print JSON')
    .action(async (options: { detach?: boolean; json?: boolean }, command: Command) => {
      const { detach: _, json: __, ...flags } = flagsOf(command)
      const config = loadConfig({ flags })
      if (options.detach !== true) {
        const { serve } = await import('#actors/main.ts')
        return serve(config)
      }
      const log = join(config.dataFolder, 'server.log')
      makeDataFolder(config.dataFolder)
      const pid = detach(flags, log)
      const url = await readyUrl(config.dataFolder, pid.pid, log, pid.ended)
      print(
        { json: options.json === true },
        { pid: pid.pid, url, log },
        `ready ${url} (pid ${pid.pid})`,
      )
    })
}

function detach(flags: Record<string, string>, log: string): { pid: number; ended: () => boolean } {
  const out = openSync(log, 'a', 0o600)
  const entry = fileURLToPath(new URL('logboy.ts', import.meta.url))
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, [entry, 'serve', ...args], {
    detached: true,
    stdio: ['ignore', out, out],
  })
  let ended = false
  child.on('exit', () => {
    ended = true
  })
  child.unref()
  if (child.pid === undefined) fail('the server could not be started')
  return { pid: child.pid, ended: () => ended }
}

async function readyUrl(
  dataFolder: string,
  pid: number,
  log: string,
  ended: () => boolean,
): Promise<string> {
  const deadline = systemClock.monotonicMs() + READY_MS_MAX
  for (;;) {
    const note = readServerNote(dataFolder)
    if (note?.pid === pid) return note.url
    if (ended()) fail(`the server ended at once; its reason stands in ${log}`)
    if (systemClock.monotonicMs() > deadline) fail(`not ready after 60 s; see ${log}`)
    await pause(LOOK_MS)
  }
}
