/**
 * What projects cost that nobody uses: `node bench/projects.ts [--projects 10000] [--active 500]`.
 * A real server is started on an empty folder and on one with so many projects, each with its two
 * keys and ready-made rules as the interface makes them; then some of them get logs.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { readyRules } from '#actors/alerts/ready-rules.ts'
import { embeddedFolder, START_PARAMS } from '#actors/catalog/embedded-folder.ts'
import { openEmbeddedCatalog } from '#actors/catalog/open-catalog.ts'
import { mintKey, mintProjectId } from '#actors/identity/project-key.ts'
import { ServerProcess } from '#actors/testing/server-process.ts'
import { pause } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/index.ts'
import { machine, markdownTable, type Result } from './lab/table.ts'

const SETTLE_MS = 5_000
const STARTS = 3
/** Posted at once. */
const POSTING = 8

const LIVE_MEMORY = fileURLToPath(new URL('lab/live-memory.ts', import.meta.url))

interface Used {
  /** After its garbage was collected. */
  readonly liveBytes: number
  /** As the system counts it: with garbage, with what V8 keeps for later, and with code. */
  readonly residentBytes: number
  readonly threads: number
}

interface Started extends Used {
  readonly readyMs: number
}

/** Makes the catalog of a folder, and answers an ingest key of each project. */
async function fill(folder: string, projects: number): Promise<string[]> {
  await (await openEmbeddedCatalog(folder)).close()
  // Past the catalog, a thousand at a time: one by one it takes a minute a thousand.
  const database = await PGlite.create(embeddedFolder(folder), { startParams: START_PARAMS })
  const texts: string[] = []
  try {
    for (let first = 0; first < projects; first += TOGETHER) {
      const made = Array.from({ length: Math.min(TOGETHER, projects - first) }, (_, i) =>
        newProject(first + i),
      )
      texts.push(...made.map(({ text }) => text))
      await database.query(INSERT, [JSON.stringify(made.map(({ row }) => row))])
    }
  } finally {
    await database.close()
  }
  return texts
}

const TOGETHER = 1_000
const INSERT = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
      AS g (id text, name text, at bigint, keys jsonb, rules jsonb)
  ), projects AS (
    INSERT INTO projects (id, name, created_at_us, retention_days, time_zone)
    SELECT id, name, at, 30, 'UTC' FROM given RETURNING id
  ), keys AS (
    INSERT INTO project_keys (id, project_id, name, secret_sha256, scopes, created_at_us)
    SELECT k.id, given.id, k.scope, decode(k.secret, 'hex'), k.scope, given.at
    FROM given, jsonb_to_recordset(given.keys) AS k (id text, scope text, secret text) RETURNING id
  )
  INSERT INTO alert_rules
    (id, project_id, name, rule, version, created_at_us, updated_at_us, updated_by)
  SELECT r.id, given.id, r.rule ->> 'name', r.rule, 1, given.at, given.at, 'administrator'
  FROM given, jsonb_to_recordset(given.rules) AS r (id text, rule jsonb)
`

/** As the interface makes it. */
function newProject(number: number): { readonly text: string; readonly row: object } {
  const keys = ['ingest', 'read'].map(scope => ({ ...mintKey(systemRandom), scope }))
  const row = {
    id: mintProjectId(systemRandom),
    name: `project ${number}`,
    at: 1_760_000_000_000_000 + number,
    keys: keys.map(({ id, scope, secretSha256 }) => ({
      id,
      scope,
      secret: Buffer.from(secretSha256).toString('hex'),
    })),
    rules: readyRules(systemRandom),
  }
  return { text: keys[0]?.text ?? '', row }
}

async function used(folder: string, pid: number): Promise<Used> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  const threads = readdirSync(`/proc/${pid}/task`).length
  const path = join(folder, 'live-memory')
  rmSync(path, { force: true })
  process.kill(pid, 'SIGUSR2')
  while (!existsSync(path)) await pause(10)
  return { residentBytes: kib * 1024, threads, liveBytes: Number(readFileSync(path, 'utf8')) }
}

async function start(
  folder: string,
): Promise<{ readonly server: ServerProcess; readonly started: Started }> {
  const began = performance.now()
  const server = new ServerProcess(folder, {}, ['--expose-gc', '--import', LIVE_MEMORY])
  await server.ready()
  const readyMs = performance.now() - began
  await pause(SETTLE_MS)
  return { server, started: { readyMs, ...(await used(folder, server.pid)) } }
}

/** The best of some starts: other work on the machine only makes it worse. */
async function starts(folder: string): Promise<Started> {
  const all: Started[] = []
  for (let i = 0; i < STARTS; i++) {
    const { server, started } = await start(folder)
    all.push(started)
    await server.stop()
  }
  return {
    readyMs: Math.min(...all.map(({ readyMs }) => readyMs)),
    liveBytes: Math.min(...all.map(({ liveBytes }) => liveBytes)),
    residentBytes: Math.min(...all.map(({ residentBytes }) => residentBytes)),
    threads: Math.min(...all.map(({ threads }) => threads)),
  }
}

async function post(url: string, keys: readonly string[]): Promise<void> {
  const waiting = [...keys]
  const one = async (): Promise<void> => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const body = JSON.stringify([{ service: 'shop', level: 'info', message: 'order placed' }])
      const headers = { authorization: `Bearer ${key}` }
      const reply = await fetch(`${url}/ingest`, { method: 'POST', headers, body })
      if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`)
      await reply.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: POSTING }, one))
}

async function measure(projects: number, active: number): Promise<Result[]> {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'logboy-projects-')))
  const [empty = '', full = ''] = folders
  try {
    await fill(empty, 0)
    const keys = await fill(full, projects)
    const [none, many] = [await starts(empty), await starts(full)]
    const { server, started } = await start(full)
    const { url } = server.note
    const began = performance.now()
    await post(url, keys.slice(0, active))
    const postedMs = performance.now() - began
    await pause(SETTLE_MS)
    const busy = await used(full, server.pid)
    await server.stop()
    const idleBytes = (many.liveBytes - none.liveBytes) / projects
    const busyBytes = (busy.liveBytes - started.liveBytes) / active
    const what = `${projects} projects`
    const plain = { better: 'less', floor: null } as const
    return [
      { ...plain, what: 'start without projects', value: none.readyMs, unit: 'ms', goal: null },
      { ...plain, what: `start with ${what}`, value: many.readyMs, unit: 'ms', goal: 5_000 },
      {
        ...plain,
        what: `${what}: memory of an idle one`,
        value: idleBytes,
        unit: 'B',
        goal: 1_024,
        note: `live; ${mib(none)} and ${mib(many)} MiB resident`,
      },
      {
        ...plain,
        what: `${what}: threads more than without`,
        value: many.threads - none.threads,
        unit: 'threads',
        goal: 0,
      },
      {
        ...plain,
        what: `${active} get logs: threads more`,
        value: busy.threads - started.threads,
        unit: 'threads',
        goal: 0,
      },
      {
        ...plain,
        what: `${active} get logs: memory of each`,
        value: busyBytes,
        unit: 'B',
        goal: null,
        note: `live; ${mib(busy)} MiB resident; first logs of all in ${Math.round(postedMs)} ms`,
      },
    ]
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

function mib({ residentBytes }: Pick<Started, 'residentBytes'>): number {
  return Math.round(residentBytes / 2 ** 20)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      projects: { type: 'string', default: '10000' },
      active: { type: 'string', default: '500' },
    },
  })
  const results = await measure(Number(values.projects), Number(values.active))
  process.stdout.write(`${machine()}\n\n${markdownTable(results)}\n`)
}
