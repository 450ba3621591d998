/** What every coordination promises, as tests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Coordination } from '../coordination.ts'

const PROBE = 'probe'
const TTL_MS = 60_000

export interface CoordinationFixture {
  /** Processes of one installation: the same one twice where there can be only one. */
  readonly processes: readonly [Coordination, Coordination]
  /** Lets some of the time pass by which buckets are refilled. */
  readonly pass: (ms: number) => Promise<void>
  readonly bucket: string
  /** Lets the time pass after which a key is over. */
  readonly expire: (key: string, ttlMs: number) => Promise<void>
}

export function coordinationSuite(
  name: string,
  run: (body: (fixture: CoordinationFixture) => Promise<void>) => Promise<void>,
): void {
  test(`${name}: a hint reaches subscribers in every process, until they end it`, () =>
    run(async ({ processes: [one, other] }) => {
      const seen: string[] = []
      let resolve = (): void => undefined
      const both = new Promise<void>(settle => {
        resolve = settle
      })
      const note = (who: string) => (message: Uint8Array) => {
        const text = Buffer.from(message).toString()
        if (text === PROBE) return
        seen.push(`${who} ${text}`)
        if (seen.length === 2) resolve()
      }
      const end = one.subscribe('config', note('a'))
      other.subscribe('config', note('b'))
      await reaches(one, other)
      await reaches(other, one)
      one.publish('config', Buffer.from('changed'))
      await both
      assert.deepEqual(seen.sort(), ['a changed', 'b changed'])
      end()
      one.publish('config', Buffer.from('again'))
      await reaches(one, other)
      assert.deepEqual(
        seen.filter(line => line === 'a again'),
        [],
      )
    }))

  test(`${name}: a bucket is one for all processes, holds a second, and fills with time`, () =>
    run(async ({ processes: [one, other], pass, bucket }) => {
      const spend = async (by: Coordination, amount: number): Promise<number> => {
        const left = await by.spend(bucket, [
          { rate: 1_000, amount },
          { rate: 1e9, amount: 1 },
        ])
        assert.ok(left !== null && left.length === 2)
        return left[0] as number
      }
      assert.ok(Math.abs((await spend(one, 400)) - 600) < 1)
      const left = await spend(other, 400)
      assert.ok(left >= 200 && left < 400, `${left} left`)
      assert.ok((await spend(one, 900)) < 0, 'a debt is told')
      await pass(3_000)
      assert.ok(Math.abs((await spend(other, 0)) - 1_000) < 1, 'no more than a second is saved up')
    }))

  test(`${name}: buckets do not know each other`, () =>
    run(async ({ processes: [one], bucket }) => {
      await one.spend(bucket, [{ rate: 10, amount: 10 }])
      const left = await one.spend(`${bucket}-other`, [{ rate: 10, amount: 0 }])
      assert.deepEqual(left?.map(Math.round), [10])
    }))

  test(`${name}: a copy is one for all processes, until it is over or kept anew`, () =>
    run(async ({ processes: [one, other], expire }) => {
      const kept = async (by: Coordination): Promise<string | null> => {
        const copy = await by.kept('states')
        return copy === null ? null : Buffer.from(copy).toString()
      }
      assert.equal(await kept(other), null)
      const bytes = Buffer.from('..first..')
      one.keep('states', bytes.subarray(2, 7), TTL_MS)
      await settled(one)
      assert.equal(await kept(other), 'first')
      other.keep('states', Buffer.from([0xff, 0x00, 0x80]), TTL_MS)
      await settled(other)
      assert.deepEqual([...((await one.kept('states')) ?? [])], [0xff, 0x00, 0x80])
      await expire('copy:states', TTL_MS)
      assert.equal(await kept(one), null)
    }))

  test(`${name}: of all who claim something one has it, until it is over`, () =>
    run(async ({ processes: [one, other], expire }) => {
      const asked = [one, other, one, other].map(by => by.claim('look', TTL_MS))
      const won = (await Promise.all(asked)).filter(isMine => isMine)
      assert.equal(won.length, 1)
      assert.equal(await other.claim('another', TTL_MS), true)
      await expire('claim:look', TTL_MS)
      assert.equal(await other.claim('look', TTL_MS), true)
      assert.equal(await one.claim('look', TTL_MS), false)
    }))
}

/** What it was told before has arrived. */
async function settled(by: Coordination): Promise<void> {
  await by.kept('nothing')
}

/** Publishes from one until the other has seen it: a subscription may take a moment. */
async function reaches(from: Coordination, to: Coordination): Promise<void> {
  let isSeen = false
  const end = to.subscribe('config', message => {
    if (Buffer.from(message).toString() === PROBE) isSeen = true
  })
  for (let round = 0; !isSeen && round < 500; round++) {
    from.publish('config', Buffer.from(PROBE))
    await from.spend('probe', [{ rate: 1, amount: 0 }])
  }
  assert.ok(isSeen, 'the hint arrived')
  end()
}
