/** From a log to a person, in a whole server; and killed while it tells them. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listenToAlerts } from '#actors/alerts/testing/alert-listener.ts'
import { mailServer } from '#actors/mail/testing/mail-server.ts'
import { ServerProcess } from '#actors/testing/server-process.ts'
import type { AlertChange } from '#proto/alert-change.ts'
import type { AlertDelivery } from '#proto/alert-channel.ts'
import type { ProjectCreated } from '#proto/api.ts'
import type { Silence } from '#proto/silence.ts'
import { pause } from '#runtime/clock.ts'
import { createLogger } from '../../sdk/create-logger.ts'

interface Heard {
  readonly id: string
  readonly isSigned: boolean
  readonly type: string
  readonly isRepeatPossible: boolean
  readonly logs: readonly { readonly message: string }[]
  readonly groups: readonly Readonly<Record<string, string>>[]
  readonly rules: readonly { readonly rule: string; readonly value: number }[]
  readonly acknowledgeLink: string
  readonly findings: Findings | undefined
}

interface Findings {
  readonly patterns: readonly { readonly pattern: string; readonly count: number }[]
  readonly series: {
    readonly of: string | null
    readonly values: readonly (number | null)[]
    readonly threshold: number | null
  } | null
}

interface ActiveAlert {
  readonly group: Readonly<Record<string, string>>
  readonly status: string
  readonly silenced_by: string | null
  readonly acknowledged_by: string | null
}

const folder = mkdtempSync(join(tmpdir(), 'logboy-notifications-'))
const mails = mailServer()
let flags: Readonly<Record<string, string>> = {}
let server: ServerProcess
let project: ProjectCreated
let secret = ''
let channel = ''
let rule = ''
const heard: Heard[] = []
/** What the other side does with each. */
let answer = (response: ServerResponse): unknown => response.end('thanks')
const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', (bytes: Buffer) => {
    body += bytes.toString()
  })
  request.on('end', () => {
    const [id, at, signature] = ['id', 'timestamp', 'signature'].map(
      name => request.headers[`webhook-${name}`] as string,
    )
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
    const { type, data } = JSON.parse(body) as {
      type: string
      data: {
        logs: Heard['logs']
        possibly_repeated: boolean
        acknowledge_link: string
        findings?: Findings
        changes?: { group: Heard['groups'][0]; rule: string; value: number }[]
      }
    }
    const isSigned = signature === `v1,${expected}`
    const { logs, possibly_repeated: isRepeatPossible, changes = [] } = data
    const groups = changes.map(({ group }) => group)
    const { acknowledge_link: acknowledgeLink, findings } = data
    const told = { id: id ?? '', isSigned, type, isRepeatPossible, logs, groups, rules: changes }
    heard.push({ ...told, acknowledgeLink, findings })
    answer(response)
  })
})

const call = <Body>(method: string, path: string, body?: unknown, key?: string) =>
  server.call<Body>(method, path, body, key)

const errors = (service: string) =>
  call(
    'POST',
    '/ingest',
    Array.from({ length: 3 }, () => ({ service, level: 'error', message: 'card declined' })),
    project.ingest_key,
  )

const deliveries = async () =>
  (
    await call<{ readonly deliveries: readonly AlertDelivery[] }>(
      'GET',
      `/api/v1/channels/${channel}/deliveries?project=${project.id}`,
    )
  ).deliveries

/** Settles once it holds; the runner ends a test that waits for ever. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50)
}

before(async () => {
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  flags = { 'webhook-private': 'true', 'smtp-url': await mails.open() }
  server = new ServerProcess(folder, flags)
  await server.ready()
  project = await call<ProjectCreated>('POST', '/api/v1/projects', { name: 'shop' })
  const address = receiver.address()
  const port = typeof address === 'object' ? address?.port : 0
  const settings = { kind: 'webhook', url: `http://127.0.0.1:${port}/hook` }
  const made = await call<{ id: string; secret: string }>('POST', '/api/v1/channels', {
    project: project.id,
    name: 'ops',
    settings,
  })
  secret = made.secret
  channel = made.id
  const ruled = await call<{ id: string }>('POST', '/api/v1/alerts/rules', {
    project: project.id,
    rule: {
      name: 'errors',
      query: 'level:error',
      condition: '> 2',
      window: '10m',
      by: ['service'],
    },
  })
  rule = ruled.id
})

after(async () => {
  await server.stop('SIGKILL')
  receiver.closeAllConnections()
  receiver.close()
  mails.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a test of a channel is told at once, signed, and says what came of it', async () => {
  const came = await call<AlertDelivery>('POST', `/api/v1/channels/${channel}/test`, {
    project: project.id,
  })
  assert.deepEqual([came.outcome, came.status, came.answer], ['delivered', 200, 'thanks'])
  assert.deepEqual(
    heard.map(({ type, isSigned }) => [type, isSigned]),
    [['alert.test', true]],
  )
})

test('a firing is told once, with its logs', async () => {
  await errors('checkout')
  await until(() => heard.length === 2)
  const [, firing] = heard
  assert.deepEqual([firing?.type, firing?.isSigned], ['alert.firing', true])
  assert.deepEqual(firing?.logs[0]?.message, 'card declined')
  const { patterns, series } = firing.findings ?? {}
  assert.deepEqual(patterns, [{ pattern: 'card declined', count: 3 }])
  assert.deepEqual([series?.of, series?.threshold], ['count', 2])
  assert.ok(series?.values.includes(3), 'the value that fired is in the series')
  await until(async () => (await deliveries()).length === 2)
  const [last] = await deliveries()
  assert.deepEqual([last?.outcome, last?.attempt, last?.changes.length], ['delivered', 1, 1])
})

test('killed between what was said and what was written down: told again as the same, and said so', async () => {
  const killed = new Promise<void>(resolve => {
    answer = () => resolve(server.stop('SIGKILL').then(() => undefined))
  })
  await errors('mail')
  await killed
  const before = heard.at(-1)
  assert.deepEqual([before?.type, before?.isRepeatPossible], ['alert.firing', false])
  answer = response => response.end()
  server = new ServerProcess(folder, flags)
  await server.ready()
  await until(async () => (await deliveries()).length === 3)
  const repeated = heard.slice(3)
  assert.deepEqual(
    repeated.map(({ id, isRepeatPossible }) => [id, isRepeatPossible]),
    [[before?.id, true]],
  )
  const [last] = await deliveries()
  assert.deepEqual([last?.attempt, last?.possibly_repeated], [2, true])
})

test('what is silenced is not told, and told once when its silence is ended', async () => {
  const silence = await call<Silence>('POST', '/api/v1/silences', {
    project: project.id,
    matchers: [{ label: 'service', op: '=~', value: 'quiet.*' }],
    ends_at: 'now+1h',
  })
  const before = heard.length
  await errors('quiet-1')
  const active = async () => {
    const path = `/api/v1/alerts/active?project=${project.id}`
    const { alerts } = await call<{ alerts: ActiveAlert[] }>('GET', path)
    return alerts.find(({ group }) => group['service'] === 'quiet-1')
  }
  await until(async () => (await active())?.status === 'firing')
  assert.equal((await active())?.silenced_by, silence.id)
  // Whatever is due is told in order: this one comes later.
  await errors('loud')
  await until(() => heard.length > before)
  assert.deepEqual(heard.at(-1)?.groups, [{ service: 'loud' }])
  await call('DELETE', `/api/v1/silences/${silence.id}?project=${project.id}`)
  await until(() => heard.length > before + 1)
  const told = heard.at(-1)
  assert.deepEqual(told?.groups, [{ service: 'quiet-1' }])
  assert.deepEqual([told?.type, told?.isRepeatPossible], ['alert.firing', false])
  assert.equal((await active())?.acknowledged_by, null)
  const link = new URL(told?.acknowledgeLink ?? '')
  const address = server.note.url + link.pathname
  assert.match(await (await fetch(address)).text(), /<h1>Acknowledge: errors<\/h1>/)
  assert.equal((await active())?.acknowledged_by, null)
  assert.equal((await fetch(address, { method: 'POST' })).status, 200)
  assert.equal((await active())?.acknowledged_by, `link of channel ${channel}`)
})

test('a burst of errors goes the whole way: bell, mail, webhook, acknowledged, over', async () => {
  const mail = await call<{ id: string }>('POST', '/api/v1/channels', {
    project: project.id,
    name: 'mail',
    settings: { kind: 'email', to: ['ada@example.org'] },
    template: { title: '{{state}} in {{group.service}}: {{value}} of {{threshold}}' },
  })
  const { url, adminToken } = server.note
  const rung: AlertChange[] = []
  const endBell = await listenToAlerts({
    url,
    token: adminToken,
    projectId: project.id,
    heard: alert => void rung.push(alert),
  })
  await errors('cart')
  const isHeard = (type: string): boolean =>
    heard.some(each => each.type === type && each.groups.some(group => group['service'] === 'cart'))
  const mailed = (): string => mails.heard.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=')
  await until(() => rung.some(({ group }) => group['service'] === 'cart'))
  await until(() => isHeard('alert.firing'))
  await until(() => mailed().includes('Subject: FIRING in cart: 3 of 2'))
  await until(() => mailed().includes('Content-Type: image/png'))
  const [, link = ''] = /\nacknowledge: http:\/\/[^/]+(\S+)/.exec(mailed()) ?? []
  assert.equal((await fetch(url + link, { method: 'POST' })).status, 200)
  await until(() => rung.some(({ actor }) => actor?.startsWith('link of channel')))
  await call('DELETE', `/api/v1/alerts/rules/${rule}?project=${project.id}`)
  await until(() => isHeard('alert.resolved'))
  await until(() => mailed().includes('Subject: RESOLVED in cart: 3 of 2'))
  endBell()
  await call('DELETE', `/api/v1/channels/${mail.id}?project=${project.id}`)
})

/** Of so many messages at once the store is asked about all. */
const SERIES_RULES = [
  { aggregate: 'ratio(level:error)', condition: '> 0.5' },
  { aggregate: 'p95(ms)', condition: '> 10' },
  { aggregate: 'distinct(user)', condition: '>= 2', by: ['service'] },
  // The time of a point is the beginning of its interval.
  { metric: 'orders', aggregate: 'sum', condition: '> 3', lateness: '5s' },
]

test('the series of a firing is the value of its rule, whatever that computes', async () => {
  for (const rule of SERIES_RULES) {
    const name = `series of ${rule.aggregate}`
    const query = 'metric' in rule ? '*' : 'service:series'
    const full = { name, query, window: '10s', lateness: '0s', ...rule }
    await call('POST', '/api/v1/alerts/rules', { project: project.id, rule: full })
  }
  const log = (level: string, ms: number, user: string) => ({
    service: 'series',
    level,
    ms,
    user,
    message: 'x',
  })
  const logs = [log('error', 100, 'ada'), log('error', 200, 'bob'), log('info', 300, 'ada')]
  await call('POST', '/ingest', logs, project.ingest_key)
  const { url, grpc: grpcUrl } = server.note
  const sdk = createLogger({
    url,
    grpcUrl,
    key: project.ingest_key,
    service: 'shop',
    exitHooks: false,
  })
  sdk.metrics.counter('orders').add(5)
  await sdk.close()
  const told = (): Heard[] =>
    heard.filter(
      ({ type, rules }) => type === 'alert.firing' && rules[0]?.rule.startsWith('series of'),
    )
  await until(() => told().length >= SERIES_RULES.length)
  for (const { rules, findings } of told()) {
    const [first] = rules
    const asked = SERIES_RULES.find(({ aggregate }) => first?.rule === `series of ${aggregate}`)
    const { of, values = [], threshold } = findings?.series ?? {}
    assert.deepEqual([of, threshold], [asked?.aggregate, Number(asked?.condition.split(' ')[1])])
    assert.equal(values.length, 41, of ?? '')
    const last = values.at(-1) ?? Number.NaN
    assert.ok(Math.abs(last - (first?.value ?? 0)) < 1e-9, `${of}: ${last} is ${first?.value}`)
  }
})
