import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { systemClock as clock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { RedisCoordination } from './redis-coordination.ts'
import { coordinationSuite } from './testing/coordination-suite.ts'
import { openRedisServer, until } from './testing/redis-server.ts'

const url = process.env['REDIS_URL']
if (url === undefined) {
  test('coordination: Redis', { skip: 'REDIS_URL is not set' }, () => undefined)
} else {
  coordinationSuite('Redis', async body => {
    const prefix = `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
    const open = () => new RedisCoordination({ url, prefix, clock, onAway: () => undefined })
    const [one, other] = [open(), open()]
    const redis = new Redis(url)
    try {
      await until(() => !one.isAway && !other.isAway)
      // Time is the server's: instead of waiting, the bucket is made to have been used earlier.
      const pass = async (ms: number): Promise<void> => {
        await redis.hincrbyfloat(`${prefix}:bucket:p`, 'at', -ms)
      }
      // The same for keys that Redis forgets by itself.
      const expire = async (key: string): Promise<void> => {
        assert.ok((await redis.pttl(`${prefix}:${key}`)) > 0, 'it is forgotten some day')
        await redis.del(`${prefix}:${key}`)
      }
      await body({ processes: [one, other], pass, bucket: 'p', expire })
    } finally {
      await Promise.all([one.close(), other.close()])
      redis.disconnect()
    }
  })

  test('Redis away: nothing waits, nothing throws; back and empty: hints arrive again', async () => {
    const server = await openRedisServer()
    const away: string[] = []
    const { url: own } = server
    const coordination = new RedisCoordination({
      url: own,
      prefix: 'p',
      clock,
      onAway: reason => away.push(reason),
    })
    const seen: string[] = []
    coordination.subscribe('config', message => seen.push(Buffer.from(message).toString()))
    try {
      await until(() => !coordination.isAway)
      await server.kill()
      await until(() => coordination.isAway)
      coordination.publish('config', Buffer.from('lost'))
      assert.equal(await coordination.spend('b', [{ rate: 1, amount: 1 }]), null)
      coordination.keep('states', Buffer.from('lost'), 60_000)
      assert.equal(await coordination.kept('states'), null)
      assert.deepEqual(
        [await coordination.claim('look', 60_000), await coordination.claim('look', 60_000)],
        [true, true],
        'everybody does it',
      )
      await until(() => Number(coordination.observe()['lost']) > 4)
      assert.equal(away.length, 1)
      assert.ok(!away[0]?.includes('password'))
      await server.start()
      await until(() => !coordination.isAway)
      await until(() => {
        coordination.publish('config', Buffer.from('found'))
        return seen.length > 0
      })
      assert.ok(seen.every(message => message === 'found'))
      assert.deepEqual(await coordination.spend('b', [{ rate: 8, amount: 1 }]), [7])
    } finally {
      await coordination.close()
      await server.close()
    }
  })

  test('a Redis that hangs is given up after a moment, and is known to be away', async () => {
    const server = await openRedisServer()
    const coordination = new RedisCoordination({
      url: server.url,
      prefix: 'p',
      clock,
      onAway: () => undefined,
    })
    try {
      await until(() => !coordination.isAway)
      server.signal('SIGSTOP')
      assert.equal(await coordination.spend('b', [{ rate: 1, amount: 1 }]), null)
      await until(() => coordination.isAway)
      server.signal('SIGCONT')
      await until(() => !coordination.isAway)
      await until(async () => (await coordination.spend('b', [{ rate: 1, amount: 0 }])) !== null)
    } finally {
      await coordination.close()
      await server.close()
    }
  })
}
