import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { SeenSignatures } from './seen-signatures.ts'

const START_S = 1_000

function start(spend: ConstructorParameters<typeof SeenSignatures>[0]['spend'] = null) {
  const clock = new VirtualClock()
  clock.advance(START_S * 1_000)
  const seen = (options = {}) => new SeenSignatures({ clock, spend, ...options })
  const nowS = (): number => Math.floor(clock.nowUs() / 1_000_000)
  const signature = (name: string, keyId = 'a', seconds = nowS()) => {
    const hmac = Uint8Array.from(createHash('sha256').update(name).digest())
    return { keyId, timestamp: String(seconds), hmac }
  }
  return { clock, seen, signature, nowS }
}

test('a signature is remembered for all the time in which it could be good', async () => {
  const { clock, seen, signature } = start()
  const memory = seen()
  for (let step = 0; step < 40; step++) {
    const one = signature(`${step}`)
    assert.equal(await memory.take(one), 'taken')
    clock.advance(599_000)
    assert.equal(await memory.take(one), 'seen')
    clock.advance(Math.round((step * 601_000) / 40))
  }
  assert.ok((memory.observe()['signatures'] as number) < 10)
})

test('what is remembered is bounded for each key', async () => {
  const { clock, seen, signature } = start()
  const memory = seen({ perKeyMax: 2 })
  assert.equal(await memory.take(signature('1')), 'taken')
  assert.equal(await memory.take(signature('2')), 'taken')
  assert.equal(await memory.take(signature('3')), 'too-many')
  assert.equal(await memory.take(signature('2')), 'seen')
  assert.equal(await memory.take(signature('3', 'b')), 'taken')
  clock.advance(1_300_000)
  assert.equal(await memory.take(signature('4')), 'taken')
})

test('what was signed before the start is refused: it may have been taken then', async () => {
  const { seen, signature, nowS } = start()
  const memory = seen()
  assert.equal(await memory.take(signature('1', 'a', nowS() - 1)), 'before-start')
  assert.equal(await memory.take(signature('2', 'a', nowS())), 'taken')
})

test('gateways that share buckets take a signature once, also after a restart of one', async () => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  let isAway = false
  const world = start(async (bucket, amounts) =>
    isAway ? null : coordination.spend(bucket, amounts),
  )
  const [one, other] = [world.seen(), world.seen()]
  const signature = world.signature('x', 'a', world.nowS() - 5)
  const both = await Promise.all([one.take(signature), other.take(signature)])
  assert.deepEqual(both.sort(), ['seen', 'taken'])
  assert.equal(await world.seen().take(signature), 'seen')
  clock.advance(600_000)
  assert.equal(await world.seen().take(signature), 'seen')
  isAway = true
  const fresh = world.signature('y')
  assert.deepEqual(
    [await one.take(fresh), await other.take(fresh), await one.take(fresh)],
    ['taken', 'taken', 'seen'],
  )
  assert.equal(await world.seen().take(world.signature('z', 'a', 5)), 'before-start')
})
