/**
 * Rules in an installation of several processes on real servers: whoever evaluates them is killed
 * between a firing and its notification, and Redis and PostgreSQL die, too. Everything is told
 * once.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createPool, type DatabasePool, sql } from 'slonik'
import { z } from 'zod'
import { openPostgresServer, type PostgresServer } from '#actors/catalog/testing/postgres-server.ts'
import { openRedisServer, type RedisServer } from '#actors/coordination/testing/redis-server.ts'
import type { AlertChange } from '#proto/alert-change.ts'
import { pause } from '#runtime/clock.ts'
import { dropDatabase, LabCluster } from '../../bench/lab/cluster.ts'
import type { ProjectKeys } from '../../bench/lab/entry.ts'
import { forgetInstallation } from '../../deploy/dry/shared-servers.ts'
import { listenToAlerts } from './testing/alert-listener.ts'

const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL', 'DATABASE_URL']
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`

interface Notice {
  readonly data: {
    readonly possibly_repeated: boolean
    readonly rule: { readonly name: string }
    readonly changes: readonly { readonly to: string }[]
  }
}

/** What a process says of itself. */
interface Observed {
  readonly actors: readonly { readonly address: string; readonly observed?: { rules?: object } }[]
  readonly kafka: {
    readonly consumers: {
      readonly alerts: { readonly partitions: readonly { readonly partition: number }[] }
    }
  }
  readonly alerts: { readonly projects: number }
}

const MEMBERS = {
  'gateway-1': 'gateway,api',
  'gateway-2': 'api,scheduler',
  'processor-1': 'processor',
  'processor-2': 'processor',
} as const
const PROCESSORS = ['processor-1', 'processor-2'] as const
type Processor = (typeof PROCESSORS)[number]

const LOOK_MS = 100
/** A minute, at least. */
const LOOKS_PATIENT = 600

let cluster: LabCluster
let redis: RedisServer
let postgres: PostgresServer | null
let catalog: DatabasePool
let project: ProjectKeys
/** What the webhook was told, and the socket at an API process, as `rule status`. */
const heard: string[] = []
let pushed: readonly string[] = []
const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', (bytes: Buffer) => {
    body += bytes.toString()
  })
  request.on('end', () => {
    const { data } = JSON.parse(body) as Notice
    heard.push(...data.changes.map(({ to }) => `${data.rule.name} ${to}`))
    if (data.possibly_repeated) heard.push('possibly repeated')
    response.end('thanks')
  })
})

/** Settles once it holds; the runner ends a test that waits for ever, which then has said why. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 1; !(await holds()); look++) {
    if (look % LOOKS_PATIENT === 0) tellCircumstances()
    await pause(LOOK_MS)
  }
}

/** Whoever sleeps or is dead answers nothing. */
function tellCircumstances(): void {
  const tell = (what: string) => (fact: unknown) =>
    process.stderr.write(`${what} ${JSON.stringify(fact)}\n`)
  tell('told')({ heard, pushed, faults: cluster.faults })
  history().then(tell('history'), tell('no history'))
  for (const name of PROCESSORS) observed(name).then(tell(name), tell(name))
}

/** As the catalog has it, whoever is asleep: `rule status`, oldest first. */
async function history(): Promise<readonly string[]> {
  const row = z.object({ rule: z.string(), to_status: z.string() })
  const changes = await catalog.any(
    sql.type(row)`SELECT about->>'rule' AS rule, to_status FROM alert_history ORDER BY id`,
  )
  return changes.map(({ rule, to_status }) => `${rule} ${to_status}`)
}

async function observed(name: Processor): Promise<Observed> {
  const said: unknown = await cluster.member(name).call('GET', '/api/v1/system/actors')
  return said as Observed
}

/** The processor that evaluates so many rules of the project. */
async function evaluator(
  rules: number,
  among: readonly Processor[] = PROCESSORS,
): Promise<Processor> {
  const found: Processor[] = []
  await until(async () => {
    for (const name of among) {
      const { actors } = await observed(name)
      const own = actors.find(({ address }) => address === `alerts/${project.id}`)
      if (Object.keys(own?.observed?.rules ?? {}).length === rules) found.push(name)
    }
    return found.length > 0
  })
  return found[0] as Processor
}

const records = (service: string, count: number) =>
  Array.from({ length: count }, () => ({ service, level: 'error', message: 'card declined' }))
const errors = (service: string, count: number) =>
  cluster.member('gateway-1').call('POST', '/ingest', records(service, count), project.ingest)
const addRule = (rule: object) =>
  cluster.call('POST', '/api/v1/alerts/rules', { project: project.id, rule })

/** What a tail of alerts tells, as `rule status`. */
async function alertTail(url: string): Promise<readonly string[]> {
  const told: string[] = []
  const heard = ({ rule, to }: AlertChange): void => void told.push(`${rule} ${to}`)
  await listenToAlerts({ url, token: project.read, projectId: project.id, heard })
  return told
}

/** Everybody has heard of all that there is, once, in the order in which it happened. */
async function toldOnce(expected: readonly string[], { isInOrder = true } = {}): Promise<void> {
  const firings = expected.filter(each => !each.endsWith('pending'))
  await until(() => heard.length >= firings.length && pushed.length >= expected.length)
  assert.deepEqual(await history(), expected)
  if (isInOrder) assert.deepEqual(heard, firings)
  else assert.deepEqual(heard.toSorted(), firings.toSorted())
  assert.deepEqual(pushed, expected)
}

before(async () => {
  if (skip !== false) return
  redis = await openRedisServer()
  postgres = await openPostgresServer()
  const named = SERVERS.map(name => [name, process.env[name] ?? ''] as const)
  const own = { DATABASE_URL: postgres?.url ?? process.env['DATABASE_URL'] ?? '' }
  const environment = { ...Object.fromEntries(named), ...own, REDIS_URL: redis.url }
  const settings = { LOGBOY_WEBHOOK_PRIVATE: 'true', KAFKA_PARTITIONS: '2' }
  cluster = await LabCluster.start(environment, { settings, members: MEMBERS })
  catalog = await createPool(cluster.databaseUrl, { maximumPoolSize: 1 })
  project = await cluster.createProject('shop')
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  const channel = { project: project.id, name: 'ops', settings: { kind: 'webhook', url } }
  await cluster.call('POST', '/api/v1/channels', channel)
  pushed = await alertTail(cluster.member('gateway-2').url)
})

after(async () => {
  if (skip !== false) return
  receiver.closeAllConnections()
  receiver.close()
  await catalog.end()
  await cluster.end(false)
  await redis.close()
  await forgetInstallation(cluster.installation, process.env)
  if (postgres === null) await dropDatabase(process.env['DATABASE_URL'] ?? '', cluster.installation)
  await postgres?.close()
})

test('a rule fires in a processor; webhook, a socket elsewhere and the logs hear of it', {
  skip,
}, async () => {
  const burst = { condition: '> 2', window: '10s', lateness: '0s' }
  await addRule({ name: 'burst', query: 'service:shop', ...burst })
  await evaluator(1)
  await errors('shop', 3)
  await toldOnce(['burst firing', 'burst ok'])
})

test('kill -9 of the evaluating process between firing and notification: told once, none missed', {
  skip,
}, async () => {
  await addRule({
    name: 'lasting',
    query: 'service:slow',
    window: '1m',
    condition: '> 1',
    for: '3s',
    keep_firing_for: '1h',
  })
  await addRule({ name: 'rare', query: 'service:slow', window: '10m', condition: '>= 4' })
  const killed = await evaluator(3)
  await errors('slow', 2)
  // Who tells people sleeps.
  const tellers = ['gateway-1', 'gateway-2'] as const
  for (const name of tellers) process.kill(cluster.member(name).pid, 'SIGSTOP')
  await until(async () => (await history()).includes('lasting firing'))
  await cluster.member(killed).kill()
  for (const name of tellers) process.kill(cluster.member(name).pid, 'SIGCONT')
  await errors('slow', 2)
  const before = ['burst firing', 'burst ok', 'lasting pending', 'lasting firing']
  await toldOnce([...before, 'rare firing'])
  await cluster.member(killed).start()
})

test('an evaluating process that sleeps, and wakes up when others have gone on', {
  skip,
}, async () => {
  await addRule({ name: 'again', query: 'service:again', window: '10m', condition: '>= 4' })
  const asleep = await evaluator(4)
  const before = await history()
  await errors('again', 2)
  process.kill(cluster.member(asleep).pid, 'SIGSTOP')
  await errors('again', 2)
  await toldOnce([...before, 'again firing'])
  process.kill(cluster.member(asleep).pid, 'SIGCONT')
  const awake = PROCESSORS.filter(name => name !== asleep)
  assert.deepEqual(await evaluator(4, awake), awake[0])
  await errors('again', 4)
})

test('without Redis rules change, fire and are told all the same', { skip }, async () => {
  await redis.kill()
  const more = { condition: '> 2', window: '10s', lateness: '0s' }
  await addRule({ name: 'more', query: 'service:mail', ...more })
  await evaluator(5)
  const before = await history()
  await errors('mail', 3)
  await toldOnce([...before, 'more firing', 'more ok'])
})

test('a project in two partitions is evaluated by one process, which counts all', {
  skip,
}, async () => {
  await addRule({ name: 'all', query: 'service:wide', window: '10m', condition: '>= 12' })
  await evaluator(6)
  await catalog.query(sql.unsafe`
    UPDATE project_partitions SET partitions = ARRAY[0, 1] WHERE project_id = ${project.id}
  `)
  await catalog.query(sql.unsafe`UPDATE catalog_version SET value = value + 1`)
  const before = await history()
  const url = `${cluster.member('gateway-1').url}/ingest`
  for (let i = 0; i < 12; i++) {
    const body = JSON.stringify(records('wide', 1))
    const headers = { authorization: `Bearer ${project.ingest}`, 'idempotency-key': `wide ${i}` }
    const answer = await fetch(url, { method: 'POST', headers, body })
    assert.equal(answer.status, 200)
  }
  await toldOnce([...before, 'all firing'])
  // While a group shares out anew, its members have none.
  await until(async () => {
    const shares = await Promise.all(PROCESSORS.map(observed))
    const counts = shares.map(({ kafka }) => kafka.consumers.alerts.partitions.length)
    return counts.includes(0) && counts.includes(2)
  })
})

test('all of it stands in the logs of the project, once', { skip }, async () => {
  const told = await history()
  const body = { project: project.id, query: 'service:logboy-alerts', order: 'asc', limit: 100 }
  const rows = async () => {
    const found: unknown = await cluster.call('POST', '/api/v1/logs/search', body)
    const { logs } = found as {
      readonly logs: readonly { readonly attributes: Readonly<Record<string, string>> }[]
    }
    return logs.map(({ attributes: row }) => `${row['alert.rule']} ${row['alert.status']}`)
  }
  await until(async () => (await rows()).length >= told.length)
  assert.deepEqual((await rows()).toSorted(), told.toSorted())
  // A question that a process slept over has had no answer for too long when it wakes up.
  const ofSleep = /somebody else evaluates|timed? ?out|never answered/i
  const unexpected = cluster.faults.filter(fault => !ofSleep.test(fault))
  assert.deepEqual(unexpected, [])
})

test('kill -9 of PostgreSQL between firing and notification, and before a firing', {
  skip,
}, async t => {
  if (postgres === null) return t.skip('PostgreSQL is not installed here')
  const waits = { window: '1m', condition: '> 1', for: '3s', keep_firing_for: '1h' }
  await addRule({ name: 'kept', query: 'service:kept', ...waits })
  await addRule({ name: 'unheard', query: 'service:unheard', window: '10m', condition: '>= 3' })
  await evaluator(8)
  const before = await history()
  await errors('kept', 2)
  const tellers = ['gateway-1', 'gateway-2'] as const
  for (const name of tellers) process.kill(cluster.member(name).pid, 'SIGSTOP')
  await until(async () => (await history()).includes('kept firing'))
  await postgres.kill()
  for (const name of tellers) process.kill(cluster.member(name).pid, 'SIGCONT')
  await errors('unheard', 3)
  await postgres.start()
  // Whoever had taken the first before the outage tries it again later.
  const told = [...before, 'kept pending', 'kept firing', 'unheard firing']
  await toldOnce(told, { isInOrder: false })
})
