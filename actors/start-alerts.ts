/** Alert rules, evaluated where the log is read. A part of topology.ts. */
import type { Ref } from '#runtime/index.ts'
import { alertLog } from './alerts/alert-log.ts'
import { Alerting } from './alerts/alerting.ts'
import { type AlertDeps, type AlertMessage, alerts } from './alerts/alerts.ts'
import { logNameOf } from './alerts/window-snapshot.ts'
import type { Closing } from './closing.ts'
import { type LookHint, newHint } from './coordination/shared-look.ts'
import type { Foundation } from './foundation.ts'
import { PROJECT_RESTART } from './project/project.ts'
import type { Storage } from './storage.ts'

/** Projects with rules, and how long the actor of one without any is kept. */
const PROJECTS_MAX = 20_000
const IDLE_MS = 60_000

export function startAlerts(
  foundation: Foundation,
  { commitLog: log }: Storage,
  closing: Closing,
): Alerting {
  const { shape, system, catalog, coordination, promptPool: pool, arena } = foundation
  const { clock, random, onFault } = foundation
  const { alertRules: rules, alertStates: states, alertFaults: faults, checkpoints } = catalog
  const logging = system.spawn(alertLog, { states, log, arena, coordination, onFault })
  const look = (hint: LookHint): void => void logging.offer({ type: 'hinted', hint })
  closing.add(coordination.subscribe('alerts', hint => look(Buffer.from(hint).toString())))
  const onTold = (): void => {
    const hint = newHint(random)
    // Where hints do not arrive this one looks at least.
    look(hint)
    coordination.publish('alerts', Buffer.from(hint))
  }
  const actors = system.keyed<AlertMessage, AlertDeps>(
    alerts,
    projectId => ({
      projectId,
      pool,
      rules,
      states,
      faults,
      checkpoints,
      feed: alerting.feed,
      logName: () => logNameOf(shape.commitLog, log.ends()),
      onTold,
      onFenced: () => alerting.fenced(projectId),
      onFault,
    }),
    { actorsMax: PROJECTS_MAX, idleMs: IDLE_MS, restart: PROJECT_RESTART },
  )
  const actor = (projectId: string): Ref<AlertMessage> => actors.ref(projectId)
  const isShared = shape.commitLog === 'kafka'
  const alerting: Alerting = new Alerting({ log, clock, isShared, rules, onFault, actor })
  closing.add(() => alerting.close())
  return alerting
}
