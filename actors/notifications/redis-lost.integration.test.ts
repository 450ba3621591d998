/** Senders that share a Redis which is emptied, killed and started anew while they tell people. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { activeAlerts } from '#actors/api/active-alerts.ts'
import { openEmbeddedCatalog } from '#actors/catalog/open-catalog.ts'
import type { SqlCatalog } from '#actors/catalog/sql-catalog.ts'
import { RedisCoordination } from '#actors/coordination/redis-coordination.ts'
import {
  openRedisServer,
  type RedisServer,
  until,
} from '#actors/coordination/testing/redis-server.ts'
import { PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { systemClock as clock } from '#runtime/clock.ts'
import { senderWorld } from './testing/sender-world.ts'

const skip = process.env['REDIS_URL'] === undefined && 'REDIS_URL is not set'
const ROUNDS = 12

type Step = 'none' | 'flush' | 'kill' | 'start'
/** What happens to Redis before each change. */
const STEPS: readonly Step[] = ['none', 'flush', 'flush', 'kill', 'none', 'start']

test('a Redis that is emptied, killed and started anew changes nothing that is told', {
  skip,
}, async () => {
  const server = await openRedisServer()
  const open = () =>
    new RedisCoordination({ url: server.url, prefix: 'p', clock, onAway: () => undefined })
  const shared = [open(), open()] as const
  const folder = mkdtempSync(join(tmpdir(), 'logboy-redis-lost-'))
  const catalog = await openEmbeddedCatalog(folder)
  const does = await senderWorld(catalog, shared)
  const { told, projectId, change } = await does.open(PACING_DEFAULTS)
  try {
    await until(() => shared.every(({ isAway }) => !isAway))
    for (let round = 0; round < ROUNDS; round++) {
      await happen(STEPS[round % STEPS.length] ?? 'none', server, shared)
      const to = round % 2 === 0 ? 'firing' : 'ok'
      await change({ atS: round, rule: 'r1', host: 'a', to })
      // Every other hint is lost: then the clock has to do.
      if (round % 3 !== 0) await does.look(1)
      await until(async () => {
        if (told.length <= round) await does.second()
        return told.length > round
      })
      for (const copies of shared) await sameAsCatalog(catalog, copies, projectId, to === 'firing')
    }
    assert.deepEqual(
      told.map(({ subject, changes }) => `${subject.split(':')[0]} ${changes.join()}`),
      Array.from({ length: ROUNDS }, (_, round) =>
        round % 2 === 0 ? 'FIRING r1 ["a"] firing' : 'RESOLVED r1 ["a"] ok',
      ),
    )
  } finally {
    await does.end()
    await Promise.all(shared.map(each => each.close()))
    await catalog.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

async function happen(
  step: Step,
  server: RedisServer,
  shared: readonly RedisCoordination[],
): Promise<void> {
  if (step === 'kill') {
    await server.kill()
    return until(() => shared.every(({ isAway }) => isAway))
  }
  if (step === 'start') {
    await server.start()
    return until(() => shared.every(({ isAway }) => !isAway))
  }
  if (step !== 'flush') return
  const redis = new Redis(server.url)
  await redis.flushall()
  redis.disconnect()
}

async function sameAsCatalog(
  catalog: SqlCatalog,
  copies: RedisCoordination,
  projectId: string,
  isFiring: boolean,
): Promise<void> {
  const deps = { alertRules: catalog.alertRules, alertStates: catalog.alertStates, copies }
  const alerts = await activeAlerts(deps, projectId)
  assert.deepEqual(
    alerts.map(({ rule, status }) => `${rule} ${status}`),
    isFiring ? ['r1 firing'] : [],
  )
}
