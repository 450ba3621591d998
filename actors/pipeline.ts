/** Everything that lives on batches, downstream first. The third part of topology.ts. */
import type { Trouble } from '#proto/trouble.ts'
import type { Closing } from './closing.ts'
import { Leadership } from './coordination/leadership.ts'
import type { Foundation } from './foundation.ts'
import { IngestMeter } from './project/ingest-meter.ts'
import { IngestUse } from './project/ingest-use.ts'
import {
  PROJECT_RESTART,
  type ProjectDeps,
  type ProjectRequest,
  project,
} from './project/project.ts'
import { retention } from './retention/retention.ts'
import { startAlerts } from './start-alerts.ts'
import type { Storage } from './storage.ts'
import { tail } from './tail/tail.ts'

/** Projects with an actor at the same time, and how long an idle one is kept. */
const PROJECTS_MAX = 20_000
const PROJECT_IDLE_MS = 5 * 60_000

export type Pipeline = Foundation & Storage & Awaited<ReturnType<typeof startActors>>

/** What belongs to no role of this process is null. */
export async function startActors(foundation: Foundation, storage: Storage, closing: Closing) {
  const { commitLog: log, store, deadLetters } = storage
  const { system, shape, catalog, config, coordination, promptPool, clock } = foundation
  closing.add(() => foundation.stopActors())
  closing.add(() => storage.stopFeeding())
  const { roles, isShared } = shape
  if (roles.has('scheduler')) {
    const leadership = isShared ? new Leadership({ ...foundation, leases: catalog.leases }) : null
    closing.add(() => leadership?.resign())
    const isLeader = (): boolean => leadership?.isHeld ?? true
    const { retentionIntervalMs: intervalMs } = config
    const { alertStates: alerts, alertChannels: channels, silences } = catalog
    const kept = { catalog, store, deadLetters, alerts, channels, silences }
    system.spawn(retention, { ...kept, isLeader, intervalMs })
  }
  const troubles = (): readonly Trouble[] => [
    ...(log.isAway ? (['log-away'] as const) : []),
    ...(coordination.isAway ? (['hints-away'] as const) : []),
  ]
  const tailRef = roles.has('api') ? system.spawn(tail, { log, pool: promptPool, troubles }) : null
  const meter = new IngestMeter()
  const use = new IngestUse(coordination, clock)
  closing.add(() => use.close())
  const spend: ProjectDeps['spend'] = isShared
    ? (bucket, amounts) => coordination.spend(bucket, amounts)
    : null
  const projects = system.keyed<ProjectRequest, ProjectDeps>(
    project,
    projectId => ({ projectId, log, meter, use, spend }),
    { actorsMax: PROJECTS_MAX, idleMs: PROJECT_IDLE_MS, restart: PROJECT_RESTART },
  )
  const alerting = roles.has('processor') ? startAlerts(foundation, storage, closing) : null
  await alerting?.start()
  return { tail: tailRef, meter, use, projects, troubles, alerting }
}
