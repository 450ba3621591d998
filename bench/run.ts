/**
 * `npm run bench -- [--rows 2000000] [--query-rows 10000000] [--only idle,latency,store,tail,patterns,alerts …]
 * [--sockets 1000]
 * [--data FILE.ndjson] [--save]`: the table of bench/README.md.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { alertResult, measureAlerts } from './alerts.bench.ts'
import { dataFile, readLines, type SealedBatch, sealedBatches } from './lab/data.ts'
import type { ProjectKeys } from './lab/entry.ts'
import { measureFiring } from './lab/firing.ts'
import { measureLatency } from './lab/latency.ts'
import { allQueries, measureQueries, ownQueries, sampleTrace } from './lab/queries.ts'
import { measureAsks, measureBesideIngest, measureUsers } from './lab/query-load.ts'
import { LabServer } from './lab/server.ts'
import { StreamClient } from './lab/stream-client.ts'
import { measureAll, type Result, saveResults } from './lab/table.ts'
import { measureCrowd } from './lab/tail-crowd.ts'
import { LOGHUB, measureCost, measureLoghub, patternResults } from './patterns.bench.ts'

const ALL = 'idle,latency,ingest-sdk,ingest-http,store,tail'
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    'query-rows': { type: 'string', default: '10000000' },
    only: { type: 'string', default: ALL },
    sockets: { type: 'string', default: '1000' },
    data: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const rows = Number(options.rows)
const queryRows = Number(options['query-rows'])
const only = new Set(options.only.split(','))
const BATCH_ROWS = 4_096
const WINDOW = 16
const PATTERN_ROWS = 200_000
/** Odd, as the middle one is told: the machine's own speed differs by half between minutes. */
const COLD_RUNS = 5

const measurements = {
  idle,
  latency,
  'ingest-sdk': ingestSdk,
  'ingest-http': ingestHttp,
  store,
  tail: tailCrowd,
  patterns,
  alerts,
}
const results = await measureAll(measurements, only)
// A part does not overwrite the whole table.
if (options.save)
  saveResults(options.only === ALL ? '' : options.only.replaceAll(',', '-'), results)
process.exit(0)

async function withServer<Outcome>(
  work: (server: LabServer, keys: ProjectKeys) => Promise<Outcome>,
): Promise<Outcome> {
  const server = new LabServer()
  try {
    await server.start()
    return await work(server, await server.createProject('bench'))
  } finally {
    await server.stop()
    server.remove()
  }
}

async function patterns(): Promise<Result[]> {
  const path = options.data ?? dataFile(PATTERN_ROWS)
  return patternResults(measureLoghub(LOGHUB), await measureCost(path, PATTERN_ROWS))
}

async function alerts(): Promise<Result[]> {
  const load = { projects: 10, rules: 1_000, rate: 2_000, seconds: 30 }
  const cost = alertResult(load, measureAlerts(load))
  const firing = await withServer((server, keys) =>
    measureFiring(server, keys, { rules: 1_000, rate: 2_000, probes: 400 }),
  )
  return [cost, ...firing]
}

function idle(): Promise<Result[]> {
  return withServer(async server => {
    await new Promise(resolve => setTimeout(resolve, 10_000))
    const { rssBytes, cpuSeconds } = server.usage()
    return [
      {
        what: 'idle memory',
        value: rssBytes / 2 ** 20,
        unit: 'MB',
        better: 'less',
        goal: 380,
        floor: 450,
        note: `CPU since start ${cpuSeconds.toFixed(1)} s`,
      },
    ]
  })
}

function latency(): Promise<Result[]> {
  return withServer((server, keys) => measureLatency(server, keys, { rate: 10_000, seconds: 20 }))
}

function tailCrowd(): Promise<Result[]> {
  const sockets = Number(options.sockets)
  const crowd = { sockets, rate: 10_000, seconds: 20, stalled: 100 }
  return withServer((server, keys) => measureCrowd(server, keys, crowd))
}

/** Sealed batches over the SDK's door: what the server itself costs, each time a fresh process. */
async function ingestSdk(): Promise<Result[]> {
  const batches: SealedBatch[] = []
  for await (const batch of sealedBatches(options.data ?? dataFile(rows), BATCH_ROWS))
    batches.push(batch)
  const runs: Timed[] = []
  for (let run = 0; run < COLD_RUNS; run++) runs.push(await ingestCold(batches))
  runs.sort((a, b) => a.cpuS - b.cpuS)
  const sent = batches.reduce((sum, batch) => sum + batch.rows, 0)
  const results = ingestResults('SDK door', sent, runs[COLD_RUNS >> 1] as Timed, {
    cpu: [400_000, 200_000],
    wall: [400_000, 200_000],
  })
  const all = runs.map(({ cpuS }) => Math.round(sent / cpuS / 1000)).join(', ')
  return results.map(result => ({
    ...result,
    note: `${result.note}; the middle of ${COLD_RUNS} cold starts (${all} k rows/CPU-s)`,
  }))
}

function ingestCold(batches: readonly SealedBatch[]): Promise<Timed> {
  return withServer(async (server, keys) => {
    const client = new StreamClient({ url: server.grpcUrl, key: keys.ingest, window: WINDOW })
    await client.open()
    const timed = await stopwatch(server, async () => {
      for (const batch of batches) await client.send(batch)
      await client.drain()
    })
    client.close()
    return timed
  })
}

/** NDJSON bodies of about a megabyte over four connections. */
function ingestHttp(): Promise<Result[]> {
  return withServer(async (server, keys) => {
    const bodies: { text: string; rows: number }[] = []
    for await (const lines of readLines(options.data ?? dataFile(rows), BATCH_ROWS)) {
      bodies.push({ text: lines.join('\n'), rows: lines.length })
    }
    const sent = bodies.reduce((sum, body) => sum + body.rows, 0)
    const timed = await stopwatch(server, async () => {
      let next = 0
      const connection = async () => {
        for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
          const response = await fetch(`${server.url}/ingest`, {
            method: 'POST',
            headers: { authorization: `Bearer ${keys.ingest}` },
            body: body.text,
          })
          const text = await response.text()
          if (!response.ok) throw new Error(`${response.status} ${text}`)
        }
      }
      await Promise.all(Array.from({ length: 4 }, connection))
    })
    return ingestResults('NDJSON door', sent, timed, { cpu: [200_000, 100_000], wall: null })
  })
}

interface Timed {
  readonly wallS: number
  /** Until everything was in segments, too. */
  readonly cpuS: number
  readonly rssBytes: number
}

async function stopwatch(server: LabServer, work: () => Promise<void>): Promise<Timed> {
  const before = server.usage()
  const begun = performance.now()
  await work()
  const wallS = (performance.now() - begun) / 1000
  const { rssBytes } = server.usage()
  // Stopping publishes what is left, so that its cost counts.
  await server.call('POST', '/api/v1/system/flush')
  return { wallS, cpuS: server.usage().cpuSeconds - before.cpuSeconds, rssBytes }
}

function ingestResults(
  door: string,
  sent: number,
  { wallS, cpuS, rssBytes }: Timed,
  bounds: { cpu: [number, number]; wall: [number, number] | null },
): Result[] {
  return [
    {
      what: `${door}: rows stored and indexed per CPU-second of the server`,
      value: sent / cpuS,
      unit: 'rows/CPU-s',
      better: 'more',
      goal: bounds.cpu[0],
      floor: bounds.cpu[1],
      note: `${sent} rows, ${cpuS.toFixed(1)} CPU-s, ${Math.round(rssBytes / 2 ** 20)} MB at the end`,
    },
    {
      what: `${door}: durable rows per second, wall`,
      value: sent / wallS,
      unit: 'rows/s',
      better: 'more',
      goal: bounds.wall?.[0] ?? null,
      floor: bounds.wall?.[1] ?? null,
      note: `client on the same two cores`,
    },
  ]
}

/** Ten million rows through the door; their size, and queries: alone, by many, beside ingest. */
function store(): Promise<Result[]> {
  return withServer(async (server, keys) => {
    const path = options.data ?? dataFile(queryRows)
    const client = new StreamClient({ url: server.grpcUrl, key: keys.ingest, window: WINDOW })
    await client.open()
    const before = server.usage()
    let sent = 0
    for await (const batch of sealedBatches(path, BATCH_ROWS)) {
      await client.send(batch)
      sent += batch.rows
    }
    await client.drain()
    client.close()
    await server.call('POST', '/api/v1/system/flush')
    const cpuS = server.usage().cpuSeconds - before.cpuSeconds
    const cpu: Result = {
      what: `SDK door: rows stored and indexed per CPU-second, ${sent} rows`,
      value: sent / cpuS,
      unit: 'rows/CPU-s',
      better: 'more',
      goal: 400_000,
      floor: 200_000,
      note: 'the folder that the rest was measured on',
    }
    const bytes = folderBytes(join(server.dataFolder, 'store'))
    const disk: Result = {
      what: `disk per row at ${sent} rows, segments, indexes and manifest`,
      value: bytes / sent,
      unit: 'B',
      better: 'less',
      goal: 36,
      floor: 47,
      note: `journal ${Math.round(folderBytes(join(server.dataFolder, 'journal')) / 2 ** 20)} MiB apart`,
    }
    const traceId = await sampleTrace(server, keys.read)
    return [
      cpu,
      disk,
      ...(await measureQueries(server, keys.read, traceId)),
      ...(await measureAsks(server, keys, ownQueries())),
      ...(await measureUsers(server, keys)),
      ...(await measureBesideIngest(server, keys, allQueries(traceId))),
    ]
  })
}

function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + sizeOf(join(entry.parentPath, entry.name)), 0)
}

/** A merge may have deleted it since it was listed. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
