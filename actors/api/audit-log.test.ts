import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewAuditEntry } from '#actors/catalog/audit-entries.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { AuditLog } from './audit-log.ts'

const DAY_MS = 86_400_000
const ENTRY = {
  actor: 'ada',
  actorName: 'Ada',
  peer: '10.0.0.1',
  action: 'key.create',
  projectId: null,
  detail: {},
}

function start() {
  const clock = new VirtualClock()
  const state = { audit_days: 7, audit_searches: false, away: false, faults: 0 }
  let kept: NewAuditEntry[] = []
  const log = new AuditLog({
    clock,
    settings: () => state,
    onFault: () => void state.faults++,
    entries: {
      async add(entries) {
        if (state.away) throw new Error('away')
        kept.push(...entries)
      },
      async prune(beforeUs) {
        const before = kept.length
        kept = kept.filter(({ atUs }) => atUs >= beforeUs)
        return before - kept.length
      },
      list: async () => [],
    },
  })
  const pass = async (ms: number) => {
    clock.advance(ms)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { clock, state, log, pass, kept: () => kept }
}

test('notes are kept for as many days as the settings say now, or for ever', async t => {
  const { log, state, pass, kept } = start()
  t.after(() => log.close())
  state.audit_days = 0
  await log.changed(ENTRY)
  for (let day = 0; day < 30; day++) await pass(DAY_MS)
  assert.equal(kept().length, 1)
  await log.changed(ENTRY)
  state.audit_days = 7
  await pass(3_600_000)
  assert.equal(kept().length, 1)
  for (let day = 0; day < 8; day++) await pass(DAY_MS)
  assert.equal(kept().length, 0)
})

test('searches are noted where the settings ask for it, from then on, and wait for nothing', async t => {
  const { log, state, pass, kept } = start()
  t.after(() => log.close())
  log.searched(() => assert.fail('nobody wants to know'))
  state.audit_searches = true
  log.searched(() => ({ ...ENTRY, action: 'logs.search' }))
  assert.equal(kept().length, 0)
  await pass(1_000)
  assert.deepEqual(
    kept().map(({ action }) => action),
    ['logs.search'],
  )
})

test('while the catalog is away notes wait, each with its own time, and go in order', async t => {
  const { log, state, pass, kept, clock } = start()
  t.after(() => log.close())
  state.away = true
  const times: number[] = []
  for (let at = 0; at < 3; at++) {
    times.push(clock.nowUs())
    await log.changed({ ...ENTRY, detail: { at } })
    await pass(2_000)
  }
  assert.ok(state.faults >= 3)
  assert.deepEqual(log.observe(), { waiting: 3, lost: 0 })
  state.away = false
  await pass(1_000)
  assert.deepEqual(
    kept().map(({ atUs, detail }) => [atUs, detail['at']]),
    times.map((atUs, at) => [atUs, at]),
  )
  assert.deepEqual(log.observe(), { waiting: 0, lost: 0 })
})
