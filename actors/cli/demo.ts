/** `logboy demo`: a server, a project, five talking services, and what one sees of them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { loadConfig } from '#actors/config.ts'
import type { SearchReply } from '#proto/api.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import {
  type Connection,
  call,
  connect,
  createProject,
  findProject,
  readServerNote,
} from './client.ts'
import { watchLatency } from './demo/latency.ts'
import { RecordSender } from './record-sender.ts'
import { flagsOf } from './serve.ts'
import { parseLine } from './ship/line-parser.ts'
import { fail, formatRow, note } from './terminal.ts'

const PROJECT = 'demo'
const SUMMARY_AFTER_MS = 15_000
const SAMPLE_ROWS = 5
const EXAMPLES = fileURLToPath(new URL('../../examples/logs', import.meta.url))

interface DemoProject {
  readonly id: string
  readonly key: string
  readonly fresh: boolean
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('run the server with a project and live data')
    .option('--rate <n>', 'logs per second', '200')
    .action(async (options: { rate: string }, command: Command) => {
      const { rate: _, ...flags } = flagsOf(command)
      await demo(flags, Number(options.rate))
    })
}

async function demo(flags: Record<string, string>, rate: number): Promise<void> {
  const { dataFolder } = loadConfig({ flags })
  const stopping = new AbortController()
  process.on('SIGINT', () => stopping.abort())
  process.on('SIGTERM', () => stopping.abort())
  const server = await startServer(flags)
  try {
    const connection = connect({ dataFolder, url: undefined, token: undefined })
    const project = await openProject(connection, dataFolder)
    await welcome(connection, project, dataFolder)
    if (project.fresh) await shipExamples(connection, project.key)
    // The SDK is built for the demo only: other commands must not need it.
    const { startTraffic } = await import('./demo/traffic.ts')
    const traffic = startTraffic(
      { url: connection.url, grpcUrl: readServerNote(dataFolder)?.grpc ?? '', key: project.key },
      rate,
    )
    const latency = watchLatency(connection, project.id)
    await wait(SUMMARY_AFTER_MS, stopping.signal)
    if (!stopping.signal.aborted) {
      await summarize(
        connection,
        project.id,
        traffic.written() / (SUMMARY_AFTER_MS / 1000),
        latency.p99(),
      )
    }
    await aborted(stopping.signal, server)
    latency.close()
    await traffic.stop()
  } finally {
    await end(server)
  }
}

/** The server is a process of its own, so that what is measured crosses real sockets. */
async function startServer(flags: Record<string, string>): Promise<ChildProcess> {
  note('logboy: Starting the server …')
  const entry = fileURLToPath(new URL('logboy.ts', import.meta.url))
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const server = spawn(process.execPath, [...process.execArgv, entry, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C reaches only us: the loggers are flushed before the server goes.
    detached: true,
  })
  const failed = (): never => fail('the server could not start; its reason stands above')
  server.once('exit', failed)
  await new Promise<void>(resolve => {
    server.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      if (chunk.includes('logboy ready')) resolve()
    })
  })
  server.off('exit', failed)
  return server
}

async function openProject(connection: Connection, dataFolder: string): Promise<DemoProject> {
  const path = join(dataFolder, 'demo.key')
  if (existsSync(path)) {
    const { id } = await findProject(connection, PROJECT)
    return { id, key: readFileSync(path, 'utf8').trim(), fresh: false }
  }
  const created = await createProject(connection, { name: PROJECT })
  writeFileSync(path, `${created.ingest_key}\n`, { mode: 0o600 })
  return { id: created.id, key: created.ingest_key, fresh: true }
}

async function welcome(
  connection: Connection,
  project: DemoProject,
  dataFolder: string,
): Promise<void> {
  const { url } = await call<{ url: string }>(connection, 'POST', '/api/v1/sessions/tickets')
  note('')
  note(`  Open     ${url}`)
  note(`  Project  ${PROJECT} (${project.id}), ingest key in ${join(dataFolder, 'demo.key')}:`)
  note(`           ${project.key}`)
  note('')
  note(
    '  The link signs in once; `npx logboy sign-in` prints another one. Ctrl-C stops everything.',
  )
  note('')
}

async function shipExamples(connection: Connection, key: string): Promise<void> {
  const sender = new RecordSender({
    url: connection.url,
    key,
    clock: systemClock,
    pause,
    random: systemRandom,
  })
  for (const name of readdirSync(EXAMPLES).filter(file => !file.endsWith('.md'))) {
    const origin = {
      file: `examples/logs/${name}`,
      host: 'demo',
      service: name.replace(/\.\w+$/, ''),
    }
    for (const line of readFileSync(join(EXAMPLES, name), 'utf8').split('\n')) {
      if (line === '') continue
      await sender.add(
        JSON.stringify(parseLine(line, { ...origin, readAtUs: systemClock.nowUs() })),
      )
    }
  }
  await sender.flush()
}

async function summarize(
  connection: Connection,
  project: string,
  perSecond: number,
  p99: number | null,
): Promise<void> {
  const reply = await call<SearchReply>(connection, 'POST', '/api/v1/logs/search', {
    project,
    limit: SAMPLE_ROWS,
  })
  const { by_level: byLevel, by_service: byService } = reply.aggregations
  const list = (counts: Readonly<Record<string, number | undefined>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  note(`  ${reply.total} logs so far, found in ${reply.query_time_ms.toFixed(1)} ms`)
  note(`  by level     ${list(byLevel)}`)
  note(`  by service   ${list(byService)}`)
  note(`  rate         ${Math.round(perSecond)} logs/s`)
  note(
    `  end to end   p99 ${p99 === null ? '-' : p99.toFixed(1)} ms from the SDK's call to a live tail`,
  )
  note('')
  for (const row of reply.logs) note(`  ${formatRow(row)}`)
  note('')
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return Promise.race([pause(ms), new Promise<void>(resolve => onAbort(signal, resolve))])
}

/** Settles at Ctrl-C, or when the server ended by itself. */
function aborted(signal: AbortSignal, server: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    onAbort(signal, resolve)
    server.once('exit', () => resolve())
  })
}

function onAbort(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then()
  else signal.addEventListener('abort', then, { once: true })
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGTERM')
  await new Promise(resolve => server.once('exit', resolve))
}
