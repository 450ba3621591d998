/** Rules in a whole server: from the log to state, history and back into the log; and killed. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ServerProcess } from '#actors/testing/server-process.ts'
import type { ProjectCreated } from '#proto/api.ts'
import { pause } from '#runtime/clock.ts'
import { READY_RULES } from './ready-rules.ts'
import { listenToAlerts } from './testing/alert-listener.ts'

interface Change {
  readonly rule: string
  readonly group: Readonly<Record<string, string>>
  readonly from: string
  readonly to: string
  readonly actor: string | null
}

const folder = mkdtempSync(join(tmpdir(), 'logboy-alerts-'))
let server = new ServerProcess(folder)
let project: ProjectCreated

const call = <Body>(method: string, path: string, body?: unknown, key?: string) =>
  server.call<Body>(method, path, body, key)
const addRule = (rule: object) =>
  call('POST', '/api/v1/alerts/rules', { project: project.id, rule })
const errors = (service: string, count: number) =>
  call(
    'POST',
    '/ingest',
    Array.from({ length: count }, () => ({ service, level: 'error', message: 'card declined' })),
    project.ingest_key,
  )

/** Oldest first, as `rule group status`. */
async function history(): Promise<string[]> {
  const path = `/api/v1/alerts/history?project=${project.id}`
  const { changes } = await call<{ readonly changes: readonly Change[] }>('GET', path)
  return changes
    .toReversed()
    .map(({ rule, group, to }) => `${rule} ${Object.values(group).join()} ${to}`)
}

/** Settles once it holds; the runner ends a test that waits for ever. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(200)
}

async function rowsOfAlerts(query = ''): Promise<string[]> {
  const body = { project: project.id, query: `service:logboy-alerts ${query}`, order: 'asc' }
  const path = '/api/v1/logs/search'
  const { logs } = await call<{ readonly logs: readonly { message: string }[] }>('POST', path, body)
  return logs.map(({ message }) => message)
}

before(async () => {
  await server.ready()
  project = await call<ProjectCreated>('POST', '/api/v1/projects', { name: 'shop' })
})

after(async () => {
  await server.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

test('a new project has ready-made rules, none of which is enabled', async () => {
  const path = `/api/v1/alerts/rules?project=${project.id}`
  interface Told {
    readonly fault: string | null
    readonly rule: { readonly name: string; readonly enabled?: boolean }
  }
  const { rules } = await call<{ readonly rules: readonly Told[] }>('GET', path)
  assert.deepEqual(
    rules.map(({ rule: { name, enabled }, fault }) => [name, enabled, fault]),
    READY_RULES.map(({ name }) => name)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(name => [name, false, null]),
  )
})

test('a burst fires at once for its group, is over with its window, and both are logged', async () => {
  const burst = { condition: '> 2', window: '10s', lateness: '0s', by: ['service'] }
  await addRule({ name: 'burst', query: 'level:error -service:slow', ...burst })
  await addRule({ name: 'long', query: 'service:slow', condition: '>= 4', window: '10m' })
  await errors('checkout', 3)
  await errors('mail', 2)
  await until(async () => (await history()).length > 0)
  assert.deepEqual(await history(), ['burst checkout firing'])
  await until(async () => (await history()).length > 1)
  assert.deepEqual(await history(), ['burst checkout firing', 'burst checkout ok'])
  await until(async () => (await rowsOfAlerts()).length > 1)
  assert.deepEqual(await rowsOfAlerts(), [
    'burst fires for service checkout: count > 2, now 3',
    'burst is over for service checkout: count > 2, now 0',
  ])
  const found = await rowsOfAlerts('alert.status:firing alert.group.service:checkout')
  assert.deepEqual(found, ['burst fires for service checkout: count > 2, now 3'])
})

test('kill -9 between the rows of one window: it fires once, and is told once', async () => {
  await errors('slow', 3)
  await server.stop('SIGKILL')
  server = new ServerProcess(folder)
  await server.ready()
  assert.ok(!(await history()).includes('long  firing'))
  await errors('slow', 1)
  // Recorded or not, logged or not: nobody knows at this moment.
  await until(async () => (await history()).includes('long  firing'))
  await server.stop('SIGKILL')
  server = new ServerProcess(folder)
  await server.ready()
  await errors('slow', 1)
  await until(async () => (await rowsOfAlerts()).length > 2)
  assert.deepEqual((await history()).slice(2), ['long  firing'])
  assert.deepEqual((await rowsOfAlerts()).slice(2), ['long fires: count >= 4, now 4'])
})

test('who looks at a firing stands in the history and the log, and is pushed', async () => {
  const { url, adminToken: token } = server.note
  const told: string[] = []
  const end = await listenToAlerts({
    url,
    token,
    projectId: project.id,
    heard: ({ from, to, actor }) => void told.push(`${from} ${to} ${actor}`),
  })
  const at = `/api/v1/alerts/active?project=${project.id}`
  const { alerts } = await call<{ readonly alerts: readonly { id: number }[] }>('GET', at)
  const path = `/api/v1/alerts/${alerts[0]?.id}/acknowledge`
  await call('POST', path, { project: project.id, note: 'looking' })
  await until(async () => told.length > 0)
  end()
  assert.deepEqual(told, ['firing firing administrator'])
  await until(async () => (await rowsOfAlerts()).length > 3)
  assert.equal((await rowsOfAlerts())[3], 'long is acknowledged by administrator: looking')
})

test('rows that come behind their window fire nothing, and the rule says how many there were', async () => {
  await addRule({ name: 'tardy', query: 'service:tardy', condition: '> 2', window: '10s' })
  const time = new Date(Date.now() - 3_600_000).toISOString()
  const rows = Array.from({ length: 5 }, () => ({ service: 'tardy', message: 'late', time }))
  await call('POST', '/ingest', rows, project.ingest_key)
  const path = `/api/v1/alerts/rules?project=${project.id}`
  interface Told {
    readonly rule: { readonly name: string }
    readonly uncounted: object | null
  }
  const told = async () => {
    const { rules } = await call<{ readonly rules: readonly Told[] }>('GET', path)
    return rules.find(({ rule }) => rule.name === 'tardy')?.uncounted ?? null
  }
  await until(async () => (await told()) !== null)
  assert.deepEqual(await told(), { late: 5, left_out: 0 })
  assert.ok(!(await history()).some(change => change.startsWith('tardy')))
})
