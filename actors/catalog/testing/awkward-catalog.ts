/** A catalog of values that a careless backup would change, and backups as text. */
import { backup } from '../backup.ts'
import type { Ask } from '../session.ts'
import type { SqlCatalog } from '../sql-catalog.ts'

const NOW_US = 1_795_000_000_000_000
/** Quotes, backslashes, semicolons, dollars, comments, lines, and letters beyond ASCII. */
const NAME = `O'Brien's \\ "shop"; -- $$ /* 100 % \n\r\t\\N 日本 🛒`

export async function fillAwkwardly(catalog: SqlCatalog): Promise<void> {
  const common = { createdAtUs: NOW_US, retentionDays: 0, timeZone: 'Europe/Berlin' }
  const secretSha256 = Uint8Array.from({ length: 32 }, (_, at) => at * 8)
  await catalog.createProject({ id: 'awkward001', name: NAME, ...common }, [
    {
      id: 'awkwardkey01',
      projectId: 'awkward001',
      name: "'",
      secretSha256,
      scopes: ['ingest', 'read'],
      createdAtUs: NOW_US,
      expiresAtUs: null,
    },
  ])
  await catalog.createProject({ id: 'awkward002', name: 'plain', ...common })
  await catalog.updateProject('awkward002', { bytes_per_second: 2 ** 39 })
  await catalog.createSession({
    tokenSha256: secretSha256,
    role: 'administrator',
    createdAtUs: NOW_US,
    expiresAtUs: NOW_US + 1,
  })
  await catalog.leases.acquire('scheduler', 'a', 60_000)
  const partitions = Array.from({ length: 20 }, (_, at) => at)
  await catalog.checkpoints.claim('group', 'topic', partitions, 'owner')
  const state = Uint8Array.from({ length: 100_000 }, (_, at) => at)
  await catalog.checkpoints.save({
    group: 'group',
    topic: 'topic',
    partition: 3,
    fence: 1,
    position: 2 ** 40,
    state,
  })
  await catalog.partitions.assign('awkward001', [2, 5])
  const keyed = { projectId: 'awkward001', producer: 2n ** 63n - 1n }
  await catalog.keyedRequests.begin(keyed, { bodySha256: secretSha256, of: 1 }, NOW_US)
  const rejected = [{ index: 2, reason: NAME }]
  await catalog.keyedRequests.store(keyed, { chunk: 1, accepted: 2, rejected })
  const placement = { index: 'logs-logboy.x', shards: 2, shared: false }
  await catalog.placements.place('awkward001', '2026-11-28', placement)
  await catalog.accounts.create({
    id: 'awkwardacc01',
    email: "o'brien@example.org",
    name: NAME,
    passwordHash: '$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA',
    administrator: false,
    createdAtUs: NOW_US,
  })
  await catalog.members.putRole('awkward001', NAME.slice(0, 50), ['logs.read', 'archive'])
}

export async function backupOf(ask: Ask): Promise<string> {
  const pieces: string[] = []
  for await (const piece of backup(ask)) pieces.push(piece)
  return pieces.join('')
}

export async function* piecesOf(text: string, length = text.length): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length)
}
