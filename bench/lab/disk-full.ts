/** Fills a small disk under load: refusal with a reason, reads go on, resumption, nothing lost. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LabServer, type ProjectKeys } from './server.ts'

const DISK_MIB = 192
const RECORDS_PER_REQUEST = 500
const REQUESTS_MAX = 5_000
const RESUME_MS_MAX = 1_000

export async function diskFull(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-tmpfs-'))
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', folder])
  if (mount.status !== 0) {
    console.log('disk full: SKIPPED, a tmpfs cannot be mounted here (needs root)')
    return true
  }
  const server = new LabServer({
    dataFolder: folder,
    env: { LOGBOY_DISK_RESERVE: '16MiB', LOGBOY_FLUSH_BYTES: '8MiB', LOGBOY_MEMORY: '32MiB' },
  })
  try {
    return await fill(server, folder)
  } finally {
    await server.kill()
    spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fill(server: LabServer, folder: string): Promise<boolean> {
  await server.start()
  const keys = await server.createProject('full')
  // Ballast that is removed later: space that comes back.
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(64 * 1024 * 1024))
  let acknowledged = 0
  let refusal = { status: 0, retryAfter: '', text: '' }
  for (let request = 0; request < REQUESTS_MAX && refusal.status === 0; request++) {
    const answer = await send(server, keys, request)
    if (answer.status === 200) acknowledged += RECORDS_PER_REQUEST
    // Short of memory for a moment: not yet what is looked for.
    else if (answer.status === 503) await new Promise(resolve => setTimeout(resolve, 50))
    else refusal = answer
  }
  const readable = await count(server, keys)
  spawnSync('rm', [join(folder, 'ballast')])
  const begun = performance.now()
  while ((await send(server, keys, REQUESTS_MAX)).status !== 200) {
    if (performance.now() - begun > 10_000) break
  }
  const resumedMs = Math.round(performance.now() - begun)
  acknowledged += RECORDS_PER_REQUEST
  await server.kill()
  await server.start()
  const found = await count(server, keys)
  const good =
    refusal.status === 507 &&
    refusal.retryAfter !== '' &&
    readable === acknowledged - RECORDS_PER_REQUEST &&
    found === acknowledged &&
    resumedMs <= RESUME_MS_MAX
  const facts = {
    acknowledged,
    found,
    readable,
    refusal: refusal.status,
    reason: refusal.text,
    resumedMs,
  }
  console.log('disk full:', JSON.stringify(facts), good ? 'passed' : 'FAILED')
  return good
}

async function send(
  server: LabServer,
  keys: ProjectKeys,
  request: number,
): Promise<{ status: number; retryAfter: string; text: string }> {
  const padding = 'x'.repeat(200)
  const lines = Array.from({ length: RECORDS_PER_REQUEST }, (_, n) =>
    JSON.stringify({ service: 'filler', message: `${request} ${n} ${Math.random()} ${padding}` }),
  )
  const response = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.ingest}` },
    body: lines.join('\n'),
  })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after') ?? '',
    text: (await response.text()).slice(0, 200),
  }
}

async function count(server: LabServer, keys: ProjectKeys): Promise<number> {
  const body = { limit: 0, include: ['total'] }
  return Number((await server.call('POST', '/api/v1/logs/search', body, keys.read))['total'])
}
