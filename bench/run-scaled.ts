/**
 * `npm run bench:scaled -- [--only kafka,elastic,disk,queries,latency,alerts,steady,catch-up]
 * [--rows 2000000] [--disk-rows 10000000] [--query-rows 2000000] [--minutes 10] [--save]`: the
 * scaled rows of bench/README.md, on the real servers that the script LOGBOY_SERVICES, or
 * ../shared/services/services, starts.
 */
import { parseArgs } from 'node:util'
import { benchBare, elasticDisk, type Sent } from './elastic.bench.ts'
import { benchKafka } from './kafka.bench.ts'
import { createDatabase, LabCluster } from './lab/cluster.ts'
import { dataFile } from './lab/data.ts'
import { elasticQueries } from './lab/elastic-queries.ts'
import { measureFiring } from './lab/firing.ts'
import { measureLatency, SCALED } from './lab/latency.ts'
import { percentile } from './lab/percentile.ts'
import { measurePipeline } from './lab/pipeline.ts'
import { Services } from './lab/services.ts'
import { catchUp, keepUp, PAIR } from './lab/steady.ts'
import { measureAll, type Result, saveResults } from './lab/table.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'kafka,elastic,disk,queries,latency,alerts,steady,catch-up' },
    rows: { type: 'string', default: '2000000' },
    'disk-rows': { type: 'string', default: '10000000' },
    'query-rows': { type: 'string', default: '2000000' },
    minutes: { type: 'string', default: '10' },
    save: { type: 'boolean', default: false },
  },
})
const only = new Set(options.only.split(','))
const rows = Number(options.rows)
const seconds = Number(options.minutes) * 60
const KAFKA_ROWS = 2_000_000
const ELASTIC_ROUNDS = 3
/** These need no other server. */
const ALONE = new Set(['queries', 'disk'])

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const services = Services.find()
if (services === null) {
  console.error(
    'bench:scaled needs a script that starts servers: LOGBOY_SERVICES, or ../shared/services/services',
  )
  process.exit(1)
}
services.up(...(ALONE.has(options.only) ? (['elasticsearch'] as const) : []))
const environment = services.environment()
const measurements = {
  kafka,
  elastic,
  disk,
  queries,
  latency,
  alerts,
  steady,
  'catch-up': caughtUp,
}
const results = await measureAll(measurements, only)
if (options.save) saveResults('scaled', results)
process.exit(0)

async function kafka(): Promise<Result[]> {
  const brokers = (environment['KAFKA_BROKERS'] ?? '').split(',')
  const measured = await benchKafka(brokers, KAFKA_ROWS)
  return measured.map(({ name, rowsPerSecond, cpuUsPerRow, p99Ms }) => ({
    what: `Kafka leg alone, one partition: ${name}`,
    value: rowsPerSecond,
    unit: 'rows/s',
    better: 'more',
    goal: null,
    floor: 300_000,
    note: `${cpuUsPerRow.toFixed(2)} µs CPU a row, p99 ${p99Ms.toFixed(0)} ms`,
  }))
}

/** Ten million rows take eleven minutes to get there on two cores. */
function queries(): Promise<Result[]> {
  const data = dataFile(Number(options['query-rows']))
  return elasticQueries(environment['ELASTICSEARCH_URL'] ?? '', data)
}

/**
 * One Elasticsearch, fed by a bare client and by the whole pipeline in turn, because the machine's
 * speed changes within minutes: the middle of the ratios.
 */
async function elastic(): Promise<Result[]> {
  const data = dataFile(rows)
  const address = environment['ELASTICSEARCH_URL'] ?? ''
  const rounds: { readonly bare: Sent; readonly whole: Sent }[] = []
  for (let round = 0; round < ELASTIC_ROUNDS; round++) {
    rounds.push({ bare: await benchBare({ address, data, rows }), whole: await pipeline(data) })
  }
  const middle = (value: (round: (typeof rounds)[number]) => number): number =>
    percentile(rounds.map(value), 0.5)
  const all = (value: (sent: Sent) => number): string =>
    rounds.map(({ bare, whole }) => `${value(whole)}/${value(bare)}`).join(', ')
  return [
    {
      what: 'SDK → Kafka → Elasticsearch: rate against a bare client with prepared bodies',
      value: middle(({ bare, whole }) => whole.rowsPerSecond / bare.rowsPerSecond),
      unit: '×',
      better: 'more',
      goal: 0.85,
      floor: 0.7,
      note: `rows/s: ${all(sent => Math.round(sent.rowsPerSecond))}`,
    },
    less(
      'CPU of Logboy per row, outside Elasticsearch',
      middle(({ whole }) => whole.ownUs),
      'µs',
      4,
      6,
    ),
    {
      ...less(
        "Elasticsearch's own CPU per row, against bare",
        middle(({ bare, whole }) => whole.elasticUs / bare.elasticUs),
        '×',
        1.02,
        1.05,
      ),
      note: `µs: ${all(sent => Number(sent.elasticUs.toFixed(1)))}`,
    },
  ]
}

async function pipeline(data: string): Promise<Sent> {
  const installation = `bench${Date.now().toString(36)}`
  const database = await createDatabase(environment['DATABASE_URL'] ?? '', installation)
  const own = { ...environment, DATABASE_URL: database, LOGBOY_INSTALLATION: installation }
  return await measurePipeline(own, data)
}

/** As many rows as the embedded store is weighed with. */
async function disk(): Promise<Result[]> {
  const wanted = Number(options['disk-rows'])
  const address = environment['ELASTICSEARCH_URL'] ?? ''
  const bytes = await elasticDisk({ address, data: dataFile(wanted), rows: wanted })
  return [
    less('disk per row, synthetic source', bytes.get('synthetic') ?? Number.NaN, 'B', 85, 85),
    less('disk per row, stored source', bytes.get('stored') ?? Number.NaN, 'B', 125, 125),
  ]
}

function less(what: string, value: number, unit: string, goal: number, floor: number): Result {
  return { what, value, unit, better: 'less', goal, floor }
}

async function latency(): Promise<Result[]> {
  return await withCluster((cluster, keys) =>
    measureLatency(cluster, keys, { rate: 10_000, seconds: 20, bounds: SCALED }),
  )
}

function alerts(): Promise<Result[]> {
  return withCluster((cluster, keys) =>
    measureFiring(cluster, keys, { rules: 200, rate: 2_000, probes: 400 }),
  )
}

async function steady(): Promise<Result[]> {
  const measured = await withCluster((cluster, keys) =>
    keepUp(cluster, keys, { rowsPerSecond: 10_000, seconds }),
  )
  const note = `${Math.round(measured.rowsPerSecond)} rows/s for ${seconds} s, at most ${measured.rssMiBMax} MiB in two processes`
  const base = { better: 'less', goal: null, note } as const
  return [
    {
      ...base,
      what: 'steady 10 k logs/s: most behind',
      value: measured.lagSecondsMax,
      unit: 's',
      floor: 3,
    },
    {
      ...base,
      what: 'steady 10 k logs/s: memory, second half to first',
      value: measured.growth,
      unit: '×',
      floor: 1.1,
    },
  ]
}

async function caughtUp(): Promise<Result[]> {
  const { speed, missedRows } = await withCluster((cluster, keys) =>
    catchUp(cluster, keys, { rowsPerSecond: 5_000, awaySeconds: seconds }),
  )
  return [
    {
      what: `catch-up after ${seconds} s without a processor at 5 k logs/s`,
      value: speed,
      unit: '× real time',
      better: 'more',
      goal: null,
      floor: 5,
      note: `${missedRows} rows were missed, as many go on coming`,
    },
  ]
}

async function withCluster<Outcome>(
  work: (
    cluster: LabCluster,
    keys: Awaited<ReturnType<LabCluster['createProject']>>,
  ) => Promise<Outcome>,
): Promise<Outcome> {
  const cluster = await LabCluster.start(environment, { members: PAIR })
  try {
    return await work(cluster, await cluster.createProject('bench'))
  } finally {
    await cluster.end(true)
  }
}
