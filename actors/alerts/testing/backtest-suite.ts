/** A backtest of an hour gives the firings that were told in that hour, whatever keeps the logs. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Reply, RunningServer } from '#actors/testing/running-server.ts'
import type { ProjectCreated } from '#proto/api.ts'
import { pause } from '#runtime/clock.ts'

interface Change {
  readonly group: Readonly<Record<string, string>>
  readonly from: string
  readonly to: string
  readonly window_end: string
  readonly value: number | null
}

const RULES = [
  { name: 'errors', query: 'level:error', condition: '> 2', by: ['service'] },
  { name: 'held', query: 'level:error', condition: '>= 1', for: '2s', keep_firing_for: '2s' },
  { name: 'slow', aggregate: 'p95(ms)', condition: '> 100', resolve: 50 },
  { name: 'share', aggregate: 'ratio(level:error)', condition: '> 0.5' },
  { name: 'unusual', aggregate: 'anomaly(count)', condition: '> 5' },
  { name: 'users', aggregate: 'distinct(user)', condition: '>= 3', by: ['service', 'level'] },
].map(rule => ({ ...rule, window: '10s', lateness: '1s' }))

const plain = ({ group, from, to, window_end, value }: Change) =>
  `${Object.values(group).toSorted().join()} ${from} ${to} ${window_end} ${value}`

export function backtestSuite(store: string, start: () => Promise<RunningServer>): void {
  let server: RunningServer
  let project: ProjectCreated

  before(async () => {
    server = await start()
    project = await server.createProject('shop')
  })

  after(async () => {
    await server.stop()
    server.remove()
  })

  test(`${store}: the changes of a backtest are those that were told live`, async () => {
    const rules: { readonly id: string; readonly updated_at: string }[] = []
    for (const rule of RULES) {
      const body = { project: project.id, rule }
      const made: Reply<{ readonly id: string; readonly updated_at: string }> = await server.call(
        'POST',
        '/api/v1/alerts/rules',
        { body },
      )
      rules.push(made.body)
    }
    // Old, new and late rows, in batches of their own.
    for (let i = 0; i < 12; i++) {
      const now = Date.now()
      const logs = Array.from({ length: 5 }, (_, n) => ({
        time: now - ([0, 300, 900, 1_500, 4_000][n % 5] ?? 0) - i * 10,
        service: ['api', 'mail'][(i + n) % 2],
        level: i % 4 === 3 || n === 0 ? 'error' : 'info',
        message: 'took a while',
        ms: i * 20 + n,
        user: `u${(i * n) % 7}`,
      }))
      await server.ingest(project.ingest_key, logs)
      await pause(150)
    }
    const history = async (id: string): Promise<readonly Change[]> => {
      const path = `/api/v1/alerts/history?project=${project.id}&rule=${id}&limit=1000`
      const reply = await server.call<{ readonly changes: readonly Change[] }>('GET', path)
      return reply.body.changes.toReversed()
    }
    const active = async (): Promise<number> => {
      const path = `/api/v1/alerts/active?project=${project.id}`
      const { body } = await server.call<{ readonly alerts: readonly { status: string }[] }>(
        'GET',
        path,
      )
      return body.alerts.filter(({ status }) => status !== 'no_data').length
    }
    // All windows that have rows close.
    while ((await active()) > 0) await pause(250)
    await pause(2_000)
    await server.call('POST', '/api/v1/system/flush')
    let fired = 0
    for (const [at, { id, updated_at }] of rules.entries()) {
      const body = { project: project.id, rule: RULES[at], start_time: updated_at, end_time: 'now' }
      const path = '/api/v1/alerts/rules/backtest'
      const { body: told } = await server.call<{
        readonly changes: readonly Change[]
        readonly late: number
        readonly warm_up: object | null
      }>('POST', path, { body })
      const live = (await history(id)).map(plain).toSorted()
      assert.deepEqual(told.changes.map(plain).toSorted(), live, RULES[at]?.name)
      fired += live.length
      const warmUp = { samples: 0, needed: 24, groups: 1, warming: 1 }
      assert.deepEqual(told.warm_up, RULES[at]?.name === 'unusual' ? warmUp : null)
    }
    assert.ok(fired >= 8, `${fired} changes`)
  })

  test(`${store}: a preview tells values, too; a rule that is none is refused`, async () => {
    const ask = (rule: object, more: object = {}) =>
      server.call<{
        readonly rows: number
        readonly notifications: number
        readonly series: readonly { readonly points: readonly object[] }[]
      }>('POST', '/api/v1/alerts/rules/preview', { body: { project: project.id, rule, ...more } })
    const { body } = await ask(
      { name: 'p', condition: '> 1', window: '10s' },
      { start_time: 'now-5m' },
    )
    assert.equal(body.rows, 60)
    assert.ok((body.series[0]?.points.length ?? 0) > 10)
    const paused = { name: 'p', condition: '> 1', window: '10s', enabled: false }
    assert.equal((await ask(paused, { start_time: 'now-5m' })).body.rows, 60)
    assert.ok((await ask(paused, { start_time: 'now-5m' })).body.notifications > 0, 'to be tried')
    const quiet = { kind: 'slack', url: 'https://hooks.example.org/x' }
    const channel = async (name: string, more: object) => {
      const made = { project: project.id, name, settings: quiet, ...more }
      return (
        await server.call<{ readonly id: string }>('POST', '/api/v1/channels', { body: made })
      ).body.id
    }
    // The same minutes each time: a firing may be over in those that follow.
    const nowMs = Date.now()
    const [start, end] = [nowMs - 300_000, nowMs].map(ms => new Date(ms).toISOString())
    const counted = async (more: object) => {
      const rule = { name: 'p', condition: '> 0', window: '10s', by: ['service'] }
      const { status, body: told } = await ask(rule, { start_time: start, end_time: end, ...more })
      return status === 200 ? told.notifications : status
    }
    const critical = await channel('critical', { severity: 'critical' })
    const patient = await channel('patient', { pacing: { wait: '1h' } })
    const asItComes = await counted({})
    assert.ok(asItComes >= 1, `${asItComes} notifications`)
    assert.equal(await counted({ channel: await channel('default', {}) }), asItComes)
    assert.equal(await counted({ channel: critical }), 0, 'it does not hear of warnings')
    assert.equal(await counted({ channel: patient }), 0, 'it still waits')
    assert.equal(await counted({ channel: 'none' }), 404)
    assert.equal((await ask({ name: 'p', condition: '1' })).status, 400)
    const backwards = { start_time: 'now', end_time: 'now-1h' }
    assert.equal((await ask({ name: 'p', condition: '> 1' }, backwards)).status, 400)
  })
}
