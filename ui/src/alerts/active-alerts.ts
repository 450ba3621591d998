/**
 * What is active in the projects that one sees: asked for every ten seconds and whenever a push
 * says that something changed, once for the bell, the dashboard and the pages.
 */
import { type Accessor, createMemo, createRoot, createSignal } from 'solid-js'
import { type ActiveAlert, listActiveAlerts } from '../api/alerts.ts'
import { ApiError } from '../api/client.ts'
import type { Load } from '../kit/load.tsx'

export interface Firing {
  readonly projectId: string
  readonly alert: ActiveAlert
}

export interface Begun extends Firing {
  /** Other groups that began at the same time. */
  readonly others: number
}

interface Known {
  readonly alerts: readonly ActiveAlert[] | null
  readonly problem: Error | null
}

const NOTHING: Known = { alerts: null, problem: null }

const [known, setKnown] = createRoot(() => createSignal<ReadonlyMap<string, Known>>(new Map()))
/** What began to fire while the page was open, last. */
const [begun, setBegun] = createRoot(() => createSignal<Begun | null>(null))
const running = new Set<string>()
const stale = new Set<string>()

export { begun as begunFiring, setBegun as setBegunFiring }

/** One question at a time for each project; what changes meanwhile is asked for after it. */
export async function refreshAlerts(projectId: string): Promise<void> {
  if (running.has(projectId)) {
    stale.add(projectId)
    return
  }
  running.add(projectId)
  do {
    stale.delete(projectId)
    await ask(projectId)
  } while (stale.has(projectId))
  running.delete(projectId)
}

/** Where rules are not evaluated there is nothing to ask for again. */
export function isWatched(projectId: string): boolean {
  const { problem } = known().get(projectId) ?? NOTHING
  return !(problem instanceof ApiError && (problem.status === 404 || problem.status === 403))
}

/** Rules are evaluated there, and one may see what they say. */
export function isKnown(projectId: string): boolean {
  return (known().get(projectId)?.alerts ?? null) !== null
}

/** Somebody else may sign in next. */
export function forgetAlerts(): void {
  setKnown(new Map())
  setBegun(null)
}

/** Firing groups of all projects, the newest first. */
export function firings(): readonly Firing[] {
  return [...known()]
    .flatMap(([projectId, { alerts }]) => (alerts ?? []).map(alert => ({ projectId, alert })))
    .filter(({ alert }) => alert.status === 'firing')
    .toSorted((a, b) => b.alert.since.localeCompare(a.alert.since))
}

/** As pages want it of one project. */
export function activeAlertsLoad(projectId: Accessor<string>): Load<readonly ActiveAlert[]> {
  const own = createMemo(() => known().get(projectId()) ?? NOTHING)
  return {
    value: () => own().alerts,
    problem: () => own().problem,
    busy: () => false,
    reload: () => void refreshAlerts(projectId()),
    setValue: alerts => note(projectId(), { alerts, problem: null }),
  }
}

async function ask(projectId: string): Promise<void> {
  const before = known().get(projectId)?.alerts ?? null
  try {
    const alerts = await listActiveAlerts(projectId)
    note(projectId, { alerts, problem: null })
    const [alert, ...others] = before === null ? [] : newFirings(before, alerts)
    if (alert !== undefined) setBegun({ projectId, alert, others: others.length })
  } catch (error) {
    note(projectId, { alerts: before, problem: error as Error })
  }
}

function note(projectId: string, now: Known): void {
  setKnown(old => new Map(old).set(projectId, now))
}

/** Those that fire now and did not before, or fire anew. */
export function newFirings(
  before: readonly ActiveAlert[],
  now: readonly ActiveAlert[],
): readonly ActiveAlert[] {
  const key = ({ id, since, status }: ActiveAlert): string => `${id} ${status} ${since}`
  const old = new Set(before.map(key))
  return now.filter(alert => alert.status === 'firing' && !old.has(key(alert)))
}
