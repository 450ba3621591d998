/**
 * Redis carries hints alone: while it is away, and after it comes back empty, ingest goes on,
 * revocations take effect by polling, tails say so, and nothing is lost or doubled.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import WebSocket from 'ws'
import type { TailFrame } from '#proto/tail.ts'
import type { Trouble } from '#proto/trouble.ts'
import { LabCluster } from '../bench/lab/cluster.ts'
import { callAt, type ProjectKeys } from '../bench/lab/entry.ts'
import { Follower } from '../bench/lab/follower.ts'
import { Ledger, problemsOf } from '../bench/lab/ledger.ts'
import { readSettled } from '../bench/lab/searcher.ts'
import { RequestWriter, SdkWriter, type Writer } from '../bench/lab/writers.ts'
import { openRedisServer, until } from './coordination/testing/redis-server.ts'

const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL', 'DATABASE_URL']
const absent = SERVERS.filter(name => process.env[name] === undefined)
const FOUND_MS_MAX = 60_000
const skip = absent.length > 0 && `${absent.join(', ')} not set`

test('Redis away, and back empty', { skip, timeout: 240_000 }, async () => {
  const redis = await openRedisServer()
  const named = SERVERS.map(name => [name, process.env[name] ?? ''] as const)
  const environment = { ...Object.fromEntries(named), REDIS_URL: redis.url }
  const cluster = await LabCluster.start(environment)
  const keys = await cluster.createProject('redis')
  const ledger = new Ledger()
  const follower = new Follower(cluster, keys, '')
  // The other gateway learns of the key by then.
  await follower.started()
  const watcher = new Watcher(cluster, keys)
  const options = (name: string) => ({ name, server: cluster, keys, ledger })
  const writers: Writer[] = []
  try {
    // Quotas that nobody reaches: their buckets are in Redis.
    const limits = { records_per_second: 1_000_000, bytes_per_second: 1_000_000_000 }
    await cluster.call('PATCH', `/api/v1/projects/${keys.id}`, limits)
    writers.push(
      new SdkWriter(options('stream'), 'grpc'),
      new RequestWriter(options('keyed'), { isKeyed: true }),
      new RequestWriter(options('keyless'), { isKeyed: false }),
    )
    const flows = async (): Promise<void> => {
      const before = writers.map(({ name }) => ledger.acknowledgedBy(name))
      await until(() =>
        writers.every(({ name }, at) => ledger.acknowledgedBy(name) > (before[at] ?? 0)),
      )
    }
    await until(() => {
      assert.equal(watcher.closedWith, null)
      return watcher.isOpen
    })
    await flows()
    assert.deepEqual(watcher.told, [])

    await redis.kill()
    await until(() => watcher.told.length > 0)
    assert.deepEqual(watcher.told, [['hints-away']])
    const ready = (await (await fetch(`${cluster.member('gateway-1').url}/ready`)).json()) as {
      readonly ready: boolean
      readonly degraded: readonly string[]
    }
    assert.equal(ready.ready, true)
    assert.match(ready.degraded.join(), /^Redis is away: .* by polling, within a second$/)
    await flows()
    await revokes(cluster, keys)
    await flows()

    await redis.start()
    await until(() => watcher.told.length > 1)
    assert.deepEqual(watcher.told, [['hints-away'], []])
    await revokes(cluster, keys)
    await flows()

    for (const writer of writers.splice(0)) await writer.stop()
    const rows = await readSettled(cluster, keys, ledger, FOUND_MS_MAX)
    assert.deepEqual(problemsOf(ledger.judge(rows)), [])
    await follower.judge(rows)
    assert.deepEqual(follower.wrong, [])
    assert.deepEqual(watcher.told, [['hints-away'], []])
  } finally {
    // Those of a run that failed would go on for ever.
    await Promise.allSettled(writers.map(writer => writer.stop()))
    watcher.stop()
    follower.stop()
    await cluster.end(true)
    await redis.close()
  }
})

/** A key revoked at one gateway ends its tail at the other one, and sends nothing more there. */
async function revokes(cluster: LabCluster, { id }: ProjectKeys): Promise<void> {
  const { url, dataFolder } = cluster.member('gateway-1')
  const other = cluster.member('gateway-2').url
  const admin = readFileSync(join(dataFolder, 'admin.token'), 'utf8').trim()
  const path = `/api/v1/projects/${id}/keys`
  const body = { name: 'revoked soon', scopes: ['ingest', 'read'] }
  const created = await callAt(url, { method: 'POST', path, body, token: admin })
  const { key = '', id: keyId = '' } = created
  const closed = new Promise<number>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` }
    const socket = new WebSocket(`${other.replace('http', 'ws')}/api/v1/tail`, { headers })
    socket.on('error', reject)
    socket.on('close', resolve)
    socket.once('message', () => {
      callAt(url, { method: 'DELETE', path: `${path}/${keyId}`, token: admin }).catch(reject)
    })
  })
  assert.equal(await closed, 4401)
  const search = callAt(other, {
    method: 'POST',
    path: '/api/v1/logs/search',
    body: {},
    token: key,
  })
  await assert.rejects(search, /LOGBOY_KEY_(REVOKED|UNKNOWN)/)
}

/** A tail that keeps what it is told about itself. */
class Watcher {
  readonly told: (readonly Trouble[])[] = []
  isOpen = false
  closedWith: number | null = null
  readonly #socket: WebSocket

  constructor(cluster: LabCluster, { read }: ProjectKeys) {
    const url = cluster.member('gateway-2').url.replace('http', 'ws')
    this.#socket = new WebSocket(`${url}/api/v1/tail`, {
      headers: { authorization: `Bearer ${read}` },
    })
    this.#socket.on('close', code => {
      this.closedWith = code
    })
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
