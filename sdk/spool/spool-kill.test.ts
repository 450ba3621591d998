/**
 * The application is killed with SIGKILL again and again, with the server there and away; a real
 * server judges what is there in the end.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { RunningServer } from '../../actors/testing/running-server.ts'
import type { SearchReply } from '../../proto/api.ts'
import { SeededRandom } from '../testing/seeded.ts'

const SDK = new URL('../index.ts', import.meta.url).href

/** Logs without end, and prints how many of its records are sure to survive it. */
const ENDLESS = `
import { createLogger } from ${JSON.stringify(SDK)}
const log = createLogger()
let n = 0
setInterval(() => {
  for (let i = 0; i < 10; i++) log.info('record', { life: process.env.LIFE, n: n++ })
}, 2)
setInterval(() => {
  const { acknowledged, spool } = log.stats()
  process.stdout.write(Math.max(acknowledged, spool.written) + '\\n')
}, 5)
`
/** Ends when everything that was left behind is with the server. */
const LAST = `
import { createLogger } from ${JSON.stringify(SDK)}
const log = createLogger()
log.info('record', { life: process.env.LIFE, n: 0 })
const look = setInterval(async () => {
  const { bytes, found, settled } = log.stats().spool
  if (found === 0 || settled < found || bytes > 0) return
  clearInterval(look)
  const isDurable = await log.close()
  process.stdout.write(JSON.stringify({ isDurable, ...log.stats() }) + '\\n')
}, 20)
`

type Environment = Readonly<Record<string, string>>

function start(program: string, environment: Environment) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise(resolve => child.once('close', resolve))
  return { child, ended, lines: createInterface({ input: child.stdout }) }
}

/** Kills the program once so many records are sure; answers how many it was sure of in the end. */
async function runAndKill(environment: Environment, atLeast: number): Promise<number> {
  const { child, ended, lines } = start(ENDLESS, environment)
  let sure = 0
  for await (const line of lines) {
    sure = Number(line)
    if (sure >= atLeast) child.kill('SIGKILL')
  }
  await ended
  return sure
}

async function readAll(server: RunningServer, key: string): Promise<Map<string, number[]>> {
  const lives = new Map<string, number[]>()
  let cursor: string | null = null
  do {
    const reply: SearchReply = await server.search(key, {
      query: '',
      order: 'asc',
      limit: 10_000,
      ...(cursor === null ? {} : { cursor }),
    })
    for (const { attributes } of reply.logs) {
      const { life } = attributes
      assert.ok(typeof life === 'string')
      lives.set(life, [...(lives.get(life) ?? []), Number(attributes['n'])])
    }
    cursor = reply.next_cursor
  } while (cursor !== null)
  return lives
}

/** An application over one transport, through all its lives. */
class Application {
  readonly transport: 'grpc' | 'http'
  readonly folder = mkdtempSync(join(tmpdir(), 'logboy-spool-'))
  /** Of each life: how many records are sure. */
  readonly sure: number[] = []
  private readonly random: SeededRandom
  private environment: Environment = {}

  constructor(transport: 'grpc' | 'http', seed: number) {
    this.transport = transport
    this.random = new SeededRandom(seed)
  }

  use({ url, grpcUrl }: RunningServer, key: string): void {
    this.environment = {
      LOGBOY_SPOOL: this.folder,
      LOGBOY_KEY: key,
      LOGBOY_URL: url,
      // Nobody speaks gRPC at the HTTP port, so that the SDK falls back.
      LOGBOY_GRPC_URL: this.transport === 'grpc' ? grpcUrl : url,
    }
  }

  async live(): Promise<void> {
    const atLeast = 200 + Math.floor(this.random.unit() * 1_500)
    this.sure.push(await runAndKill(this.nextLife, atLeast))
  }

  /** Lives until everything is sent, and tells its statistics. */
  async liveOut(): Promise<Record<string, unknown>> {
    const { ended, lines } = start(LAST, this.nextLife)
    this.sure.push(1)
    let told = '{}'
    for await (const line of lines) told = line
    assert.equal(await ended, 0)
    return JSON.parse(told) as Record<string, unknown>
  }

  private get nextLife(): Environment {
    return { ...this.environment, LIFE: `${this.transport} ${this.sure.length}` }
  }
}

test('what was sure when the application was killed is there once and in order', async t => {
  let server = await RunningServer.start()
  const applications = [new Application('grpc', 1), new Application('http', 2)]
  t.after(async () => {
    await server.stop()
    server.remove()
    for (const { folder } of applications) rmSync(folder, { recursive: true, force: true })
  })
  const { ingest_key, read_key } = await server.createProject('shop')
  const liveAll = async (): Promise<void> => {
    await Promise.all(applications.map(each => each.live()))
  }
  for (const each of applications) each.use(server, ingest_key)
  await liveAll()
  await server.stop()
  await liveAll()
  await liveAll()
  server = await RunningServer.start({}, server.folder)
  for (const each of applications) each.use(server, ingest_key)
  await liveAll()
  const told = await Promise.all(applications.map(each => each.liveOut()))
  for (const { isDurable, possiblyRepeated } of told) {
    assert.deepEqual([isDurable, possiblyRepeated], [true, 0])
  }
  const lives = await readAll(server, read_key)
  for (const { transport, sure, folder } of applications) {
    for (const [life, atLeast] of sure.entries()) {
      const numbers = lives.get(`${transport} ${life}`) ?? []
      assert.ok(numbers.length >= atLeast, `${transport} ${life}: ${numbers.length} of ${atLeast}`)
      numbers.forEach((n, i) => assert.equal(n, i, `${transport} ${life}`))
    }
    const [keyFolder = ''] = readdirSync(folder)
    assert.deepEqual(readdirSync(join(folder, keyFolder)), [])
  }
})
