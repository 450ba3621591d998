/** `logboy start --detach`: the server in the background, back when it is ready. */
import { spawn } from 'node:child_process'
import { fstatSync, openSync, readFileSync } from 'node:fs'
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
      const started = detach(flags, log)
      const { pid } = started
      const url = await readyUrl(config.dataFolder, started)
      print({ json: options.json === true }, { pid, url, log }, `ready ${url} (pid ${pid})`)
    })
}

interface Started {
  readonly pid: number
  readonly ended: () => boolean
  readonly log: string
  /** Where in the log its own lines begin. */
  readonly logFrom: number
}

function detach(flags: Record<string, string>, log: string): Started {
  const out = openSync(log, 'a', 0o600)
  const logFrom = fstatSync(out).size
  const entry = fileURLToPath(new URL('logboy.ts', import.meta.url))
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, [...process.execArgv, entry, 'serve', ...args], {
    detached: true,
    stdio: ['ignore', out, out],
  })
  let ended = false
  child.on('exit', () => {
    ended = true
  })
  child.unref()
  if (child.pid === undefined) fail('the server could not be started')
  return { pid: child.pid, ended: () => ended, log, logFrom }
}

async function readyUrl(dataFolder: string, started: Started): Promise<string> {
  const { pid, ended, log } = started
  const deadline = systemClock.monotonicMs() + READY_MS_MAX
  for (;;) {
    const note = readServerNote(dataFolder)
    if (note?.pid === pid) return note.url
    if (ended()) fail(reasonOf(started))
    if (systemClock.monotonicMs() > deadline) fail(`not ready after 60 s; see ${log}`)
    await pause(LOOK_MS)
  }
}

/** The one line that a refused start says; anything else is for whoever reads the log. */
function reasonOf({ log, logFrom }: Started): string {
  const said = readFileSync(log).subarray(logFrom).toString()
  const [, reason] = /^logboy: (.+)\n$/.exec(said) ?? []
  return reason ?? `the server ended at once; its reason stands in ${log}`
}
