/** The server process: takes the data folder, starts everything, and ends it in order. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { lockDataFolder } from './data-folder-lock.ts'
import { loadAdminToken } from './identity/admin-token.ts'
import { proveDoors } from './prove-doors.ts'
import type { Config } from './settings.ts'
import { keepStartRoom } from './start-room.ts'
import type { Running } from './topology.ts'
import { readVersion } from './version.ts'

/** A stop that takes longer is cut: what was acknowledged is in the journal anyway. */
const STOP_MS_MAX = 20_000

/** Runs until a signal; then drains, and ends the process with 0. */
export async function serve(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination(2))
  const release = await lockDataFolder(config.dataFolder, systemRandom)
  keepStartRoom(config.dataFolder, systemRandom)
  const notePath = join(config.dataFolder, 'server.json')
  rmSync(notePath, { force: true })
  let running: Running | null = null
  let stopping = false
  const end = (code: number): never => {
    rmSync(notePath, { force: true })
    release()
    process.exit(code)
  }
  const stop = async (reason: string, code: number): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    systemClock.after(STOP_MS_MAX, () => end(code === 0 ? 1 : code))
    await running?.stop(reason).catch((error: unknown) => log.error({ err: error }, 'stop failed'))
    end(code)
  }
  process.on('SIGTERM', () => void stop('SIGTERM', 0))
  process.on('SIGINT', () => void stop('SIGINT', 0))
  const fatal = (error: unknown): void => {
    log.fatal({ err: error }, 'fatal')
    void stop('fatal', 1)
  }
  process.on('uncaughtException', fatal)
  process.on('unhandledRejection', fatal)
  try {
    await proveDoors(config)
    // Most of the code, and not needed where the folder or a port cannot be had.
    const { startLogboy } = await import('./topology.ts')
    running = await startLogboy({
      config,
      log,
      version: readVersion(),
      adminToken: loadAdminToken(config.dataFolder, systemRandom, config.adminToken),
      onFatal: fatal,
    })
  } catch (error) {
    release()
    throw error
  }
  const { url, grpcUrl, otlpUrl } = running
  const link = config.printSignIn ? running.signInLink() : null
  try {
    writeNote(notePath, { pid: process.pid, url, grpc: grpcUrl ?? '', otlp: otlpUrl ?? '' })
  } catch (error) {
    // On a full disk the server is there all the same; commands then need --url.
    log.warn({ err: error }, 'the note for the command line could not be written')
  }
  process.stdout.write(`logboy ready ${url}\n`)
  if (link !== null) process.stdout.write(`logboy sign in within 15 minutes: ${link}\n`)
}

/** Whole or not at all: whoever looks may look at any time. */
function writeNote(path: string, note: object): void {
  const temporary = `${path}.tmp`
  try {
    writeFileSync(temporary, JSON.stringify(note), { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
