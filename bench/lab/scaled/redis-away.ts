/**
 * Redis carries hints alone: while it is away, and after it comes back empty, ingest goes on,
 * revocations take effect by polling, tails say so, and nothing is lost or doubled.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import WebSocket from 'ws'
import { openRedisServer } from '#actors/coordination/testing/redis-server.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Trouble } from '#proto/trouble.ts'
import type { LabCluster } from '../cluster.ts'
import { callAt, type ProjectKeys } from '../entry.ts'
import type { FaultResult } from '../fault-run.ts'
import { pause, until } from '../pause.ts'
import { underLoad } from './load.ts'

const TOLD_MS_MAX = 20_000
const REVOKED_MS_MAX = 20_000
const PAUSE_MS = 3_000
/** Quotas that nobody reaches: their buckets are in Redis. */
const LIMITS = { records_per_second: 1_000_000, bytes_per_second: 1_000_000_000 }
/** How the server's socket tells that its key is good no longer. */
const REVOKED = 4401

/** `environment` names the other servers; Redis is one of this run's own. */
export async function redisAway(
  environment: Readonly<Record<string, string>>,
  awaySeconds: number,
): Promise<FaultResult> {
  const redis = await openRedisServer()
  try {
    return await underLoad({ ...environment, REDIS_URL: redis.url }, async load => {
      const { cluster, keys, problems } = load
      const watcher = new Watcher(cluster, keys)
      const hears = async (told: readonly (readonly Trouble[])[]): Promise<void> => {
        await until(() => watcher.told.length >= told.length, TOLD_MS_MAX)
        const heard = JSON.stringify(watcher.told)
        if (heard !== JSON.stringify(told)) problems.push(`the tail was told ${heard}`)
      }
      try {
        await cluster.call('PATCH', `/api/v1/projects/${keys.id}`, LIMITS)
        if (!(await until(() => watcher.isOpen, TOLD_MS_MAX))) problems.push('no tail')
        await load.flows('before')
        await hears([])

        await redis.kill()
        const backMs = performance.now() + awaySeconds * 1_000
        await hears([['hints-away']])
        problems.push(...(await readiness(cluster)))
        let revocations = 0
        do {
          await load.flows('while Redis is away')
          problems.push(...(await revoke(cluster, keys)))
          revocations++
          await pause(Math.min(PAUSE_MS, Math.max(0, backMs - performance.now())))
        } while (performance.now() < backMs)

        await redis.start()
        await hears([['hints-away'], []])
        problems.push(...(await revoke(cluster, keys)))
        await load.flows('when Redis is back, empty')
        await load.found('when Redis is back, empty')
        await hears([['hints-away'], []])
        return { 'revocations meanwhile': revocations }
      } finally {
        watcher.stop()
      }
    })
  } finally {
    await redis.close()
  }
}

/** It takes logs, and says what does not work. */
async function readiness(cluster: LabCluster): Promise<string[]> {
  const answer = await fetch(`${cluster.member('gateway-1').url}/ready`)
  const { ready, degraded } = (await answer.json()) as {
    readonly ready: boolean
    readonly degraded: readonly string[]
  }
  const isTold = /^Redis is away: .* by polling, within a second$/.test(degraded.join())
  return ready && isTold ? [] : [`/ready says ${ready}, ${degraded.join()}`]
}

/** A key revoked at one gateway ends its tail at the other one, and asks nothing more there. */
async function revoke(cluster: LabCluster, { id }: ProjectKeys): Promise<string[]> {
  const { url, dataFolder } = cluster.member('gateway-1')
  const other = cluster.member('gateway-2').url
  const token = readFileSync(join(dataFolder, 'admin.token'), 'utf8').trim()
  const path = `/api/v1/projects/${id}/keys`
  const body = { name: 'revoked soon', scopes: ['ingest', 'read'] }
  const { key = '', id: keyId = '' } = await callAt(url, { method: 'POST', path, body, token })
  const begunMs = performance.now()
  const since = (): string => `after ${Math.round(performance.now() - begunMs)} ms`
  let deleted = 'not deleted'
  const code = await new Promise<number | string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` }
    const socket = new WebSocket(`${other.replace('http', 'ws')}/api/v1/tail`, { headers })
    const late = setTimeout(() => resolve('nothing'), REVOKED_MS_MAX)
    socket.on('error', reject)
    socket.on('close', resolve)
    socket.on('close', () => clearTimeout(late))
    socket.once('message', () => {
      callAt(url, { method: 'DELETE', path: `${path}/${keyId}`, token }).then(() => {
        deleted = `deleted ${since()}`
      }, reject)
    })
  })
  const closed = `${since()}, ${deleted}`
  const search = { method: 'POST', path: '/api/v1/logs/search', body: {}, token: key }
  const answer = await callAt(other, search).then(() => 'rows', String)
  return [
    ...(code === REVOKED ? [] : [`the tail of a revoked key was ended with ${code} ${closed}`]),
    ...(/LOGBOY_KEY_(REVOKED|UNKNOWN)/.test(answer)
      ? []
      : [`a revoked key was answered ${answer}`]),
  ]
}

/** A tail that keeps what it is told about itself. */
class Watcher {
  readonly told: (readonly Trouble[])[] = []
  isOpen = false
  readonly #socket: WebSocket

  constructor(cluster: LabCluster, { read }: ProjectKeys) {
    const url = cluster.member('gateway-2').url.replace('http', 'ws')
    this.#socket = new WebSocket(`${url}/api/v1/tail`, {
      headers: { authorization: `Bearer ${read}` },
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('message', data => {
      const frame = JSON.parse((data as Buffer).toString()) as TailFrame
      this.isOpen = true
      if (frame.type === 'degraded') this.told.push(frame.troubles)
    })
  }

  stop(): void {
    this.#socket.terminate()
  }
}
