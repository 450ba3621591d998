/**
 * One call of every method that the catalog and its parts have. The types see to it that a new
 * method is missed here: it does not compile until it has a call.
 */
import { createHash } from 'node:crypto'
import type { SqlCatalog } from '../sql-catalog.ts'

type Calls<Part> = {
  readonly [Key in Exclude<keyof Part, 'close'> as Part[Key] extends (
    ...given: never[]
  ) => Promise<unknown>
    ? Key
    : never]: (part: Part) => Promise<unknown>
}

/** The nouns beside the catalog itself: whatever is no method. */
type PartName = {
  [Key in keyof SqlCatalog]: SqlCatalog[Key] extends (...given: never[]) => unknown ? never : Key
}[keyof SqlCatalog]

const NOW_US = 1_795_000_000_000_000
const sha = (text: string) => createHash('sha256').update(text).digest()
const KEY_SECRET = sha('a secret')
const OLD_TOKEN = sha('a token')
const GROUP = 'logboy-store'
const TOPIC = 'logboy.logs.v1'
const LEASE = { name: 'scheduler', holder: 'a', fence: 1 }
const KEYED = { projectId: 'project001', producer: 1n }
const KEYED_BODY = { bodySha256: sha('a body'), of: 2 }
const PLACEMENT = { index: 'logs-logboy.30d-2026.11', shards: 2, shared: true }

const project = (id: string) => ({
  id,
  name: `project ${id}`,
  createdAtUs: NOW_US,
  retentionDays: 30,
  timeZone: 'UTC',
})
const key = (id: string) => ({
  id,
  projectId: 'project001',
  name: 'deploy',
  secretSha256: KEY_SECRET,
  scopes: ['ingest' as const],
  createdAtUs: NOW_US,
  expiresAtUs: null,
})
const session = (tokenSha256: Uint8Array) => ({
  tokenSha256,
  role: 'administrator' as const,
  createdAtUs: NOW_US,
  expiresAtUs: NOW_US + 1e12,
})
const checkpoint = (position: number) => ({
  group: GROUP,
  topic: TOPIC,
  partition: 0,
  fence: 1,
  position,
  state: Buffer.from(`state at ${position}`),
})

/** What the calls below find. */
export async function fill(catalog: SqlCatalog): Promise<void> {
  await catalog.createProject(project('project001'))
  await catalog.createProject(project('project002'))
  await catalog.createKey(key('keykeykey001'))
  await catalog.createSession(session(OLD_TOKEN))
  await catalog.leases.acquire(LEASE.name, LEASE.holder, 60_000)
  await catalog.checkpoints.claim(GROUP, TOPIC, [0, 1], 'owner-1')
  await catalog.checkpoints.save(checkpoint(10))
  await catalog.partitions.of('project001', 4)
  await catalog.placements.place('project001', '2026-11-27', PLACEMENT)
  await catalog.keyedRequests.begin(KEYED, KEYED_BODY, NOW_US)
}

const catalogCalls: Calls<SqlCatalog> = {
  projects: catalog => catalog.projects(),
  project: catalog => catalog.project('project001'),
  projectByName: catalog => catalog.projectByName('project project001'),
  createProject: catalog => catalog.createProject(project('project003')),
  updateProject: catalog => catalog.updateProject('project001', { retention_days: 7 }),
  deleteProject: catalog => catalog.deleteProject('project002'),
  keys: catalog => catalog.keys('project001'),
  createKey: catalog => catalog.createKey(key('keykeykey002')),
  revokeKey: catalog => catalog.revokeKey('project001', 'keykeykey001', NOW_US),
  key: catalog => catalog.key('keykeykey001'),
  touchKeys: catalog => catalog.touchKeys(new Map([['keykeykey001', NOW_US]])),
  createSession: catalog => catalog.createSession(session(sha('another'))),
  session: catalog => catalog.session(OLD_TOKEN),
  deleteSession: catalog => catalog.deleteSession(OLD_TOKEN),
  version: catalog => catalog.version(),
  backup: catalog => catalog.backup(),
}

const partCalls: { readonly [Name in PartName]: Calls<SqlCatalog[Name]> } = {
  leases: {
    acquire: leases => leases.acquire('another', 'a', 60_000),
    renew: leases => leases.renew(LEASE, 60_000),
    release: leases => leases.release(LEASE),
  },
  checkpoints: {
    claim: checkpoints => checkpoints.claim(GROUP, TOPIC, [0, 1, 2], 'owner-2'),
    save: checkpoints => checkpoints.save(checkpoint(20)),
    positions: checkpoints => checkpoints.positions(GROUP, TOPIC),
  },
  partitions: {
    of: partitions => partitions.of('project002', 4),
    assign: partitions => partitions.assign('project001', [1, 2]),
    all: partitions => partitions.all(),
  },
  placements: {
    place: placements => placements.place('project001', '2026-11-28', PLACEMENT),
    list: placements => placements.list(),
    inIndex: placements => placements.inIndex(PLACEMENT.index),
    shards: placements => placements.shards(),
    forget: placements => placements.forget(PLACEMENT.index),
  },
  keyedRequests: {
    begin: requests => requests.begin({ ...KEYED, producer: 2n }, KEYED_BODY, NOW_US),
    store: requests => requests.store(KEYED, { chunk: 1, accepted: 3, rejected: [] }),
    find: requests => requests.find(KEYED, NOW_US),
    forget: requests => requests.forget(NOW_US + 2 * 86_400_000_000),
  },
}

/** Changes that must not be made twice: when their outcome is unknown, that is told. */
export const ONCE: ReadonlySet<string> = new Set([
  'createProject',
  'updateProject',
  'deleteProject',
  'createKey',
  'revokeKey',
  'partitions.of',
  'partitions.assign',
])

/** What they answer depends on when they are asked, or on whether it is for the second time. */
export const VARYING: ReadonlySet<string> = new Set(['version', 'backup', 'keyedRequests.forget'])

export interface CatalogCall {
  readonly name: string
  run(catalog: SqlCatalog): Promise<unknown>
}

export const CALLS: readonly CatalogCall[] = [
  ...callsOf('', catalogCalls, catalog => catalog),
  ...callsOf('leases.', partCalls.leases, catalog => catalog.leases),
  ...callsOf('checkpoints.', partCalls.checkpoints, catalog => catalog.checkpoints),
  ...callsOf('partitions.', partCalls.partitions, catalog => catalog.partitions),
  ...callsOf('placements.', partCalls.placements, catalog => catalog.placements),
  ...callsOf('keyedRequests.', partCalls.keyedRequests, catalog => catalog.keyedRequests),
]

function callsOf<Part>(
  prefix: string,
  calls: Readonly<Record<string, (part: Part) => Promise<unknown>>>,
  partOf: (catalog: SqlCatalog) => Part,
): CatalogCall[] {
  return Object.entries(calls).map(([name, call]) => ({
    name: `${prefix}${name}`,
    run: catalog => call(partOf(catalog)),
  }))
}
