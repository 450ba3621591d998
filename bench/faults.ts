/**
 * `npm run faults -- [--kills 20] [--seed N]`: kills the real server at random moments under SDK and
 * HTTP load and compares every acknowledged log with what is found: 0 lost, 0 doubled, order kept.
 */
import { parseArgs } from 'node:util'
import { createLogger } from '@logboy/sdk'
import type { Row, SearchReply } from '#proto/api.ts'
import { type Random, seededRandom, systemRandom } from '#runtime/random.ts'
import { diskFull } from './lab/disk-full.ts'
import { type FoundRow, Ledger } from './lab/ledger.ts'
import { LabServer, type ProjectKeys } from './lab/server.ts'

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string' } },
})
const seed = options.seed === undefined ? systemRandom.uint32() : Number(options.seed)
const kills = Number(options.kills)
console.log(`seed ${seed}`)
const passed = [await killed(seededRandom(seed)), await diskFull()]
process.exit(passed.every(Boolean) ? 0 : 1)

async function killed(random: Random): Promise<boolean> {
  // A short flush interval, so that kills also fall into publishing and compaction.
  const server = new LabServer({
    env: { LOGBOY_FLUSH_INTERVAL: '300ms', LOGBOY_FLUSH_BYTES: '1MiB' },
  })
  await server.start()
  const keys = await server.createProject('faults')
  const ledger = new Ledger()
  const load = startLoad(server, keys, ledger)
  let slowestStartMs = 0
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(50 + random.below(1_200))
    await server.kill()
    // Now and then a second kill falls into recovery.
    if (random.below(4) === 0) {
      const starting = server.start().catch(() => 0)
      await sleep(random.below(600))
      await server.kill()
      await starting
    }
    slowestStartMs = Math.max(slowestStartMs, await server.start())
    if (kill % 10 === 0)
      console.log(`  ${kill} kills, slowest start ${Math.round(slowestStartMs)} ms`)
  }
  await load.stop()
  const verdict = ledger.judge(await readAll(server, keys))
  await server.stop()
  const good =
    verdict.lost.length + verdict.doubled.length + verdict.disordered.length === 0 &&
    verdict.acknowledged > 0
  console.log(`kill -9: ${kills} kills`, JSON.stringify(verdict), good ? 'passed' : 'FAILED')
  if (good) server.remove()
  else console.log(`data kept in ${server.dataFolder}, seed ${seed}`)
  return good
}

/** One SDK writer and one HTTP writer; both go on over every kill until stopped. */
function startLoad(
  server: LabServer,
  keys: ProjectKeys,
  ledger: Ledger,
): { stop(): Promise<void> } {
  let stopped = false
  const sdk = async () => {
    const logger = createLogger({
      url: server.url,
      grpcUrl: server.grpcUrl,
      key: keys.ingest,
      service: 'sdk',
    })
    let number = 0
    let acknowledged = 0
    while (!stopped) {
      const first = acknowledged
      for (let n = 0; n < 50; n++)
        logger.info(`sdk record ${number}`, { writer: 'sdk', number: number++ })
      if (number - first < 500) {
        await sleep(5)
        continue
      }
      if (!(await logger.flush(60_000))) continue
      ledger.acknowledge('sdk', range(first, number))
      acknowledged = number
    }
    if (!(await logger.close(60_000))) throw new Error('the SDK could not deliver at the end')
    ledger.acknowledge('sdk', range(acknowledged, number))
    const { dropped } = logger.stats()
    if (dropped.memory + dropped.invalid > 0) throw new Error('the SDK dropped records')
  }
  const http = async () => {
    for (let number = 0; !stopped; number += 20) {
      const numbers = range(number, number + 20)
      const body = numbers
        .map(n =>
          JSON.stringify({ service: 'http', message: `record ${n}`, writer: 'http', number: n }),
        )
        .join('\n')
      while (!(await post(server, keys.ingest, body, `request-${number}`))) await sleep(50)
      ledger.acknowledge('http', numbers)
    }
  }
  const running = [sdk(), http()]
  return {
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

async function post(server: LabServer, key: string, body: string, id: string): Promise<boolean> {
  try {
    const response = await fetch(`${server.url}/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': id },
      body,
      signal: AbortSignal.timeout(5_000),
    })
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

async function readAll(server: LabServer, keys: ProjectKeys): Promise<FoundRow[]> {
  const rows: FoundRow[] = []
  let cursor: string | null = null
  do {
    const body: object = {
      limit: 10_000,
      include: ['logs'],
      ...(cursor === null ? {} : { cursor }),
    }
    const answer: unknown = await server.call('POST', '/api/v1/logs/search', body, keys.read)
    const reply = answer as SearchReply
    rows.push(...reply.logs.map(foundRow))
    cursor = reply.next_cursor
  } while (cursor !== null)
  return rows
}

function foundRow({ id, attributes }: Row): FoundRow {
  return { id, writer: String(attributes['writer']), number: Number(attributes['number']) }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
