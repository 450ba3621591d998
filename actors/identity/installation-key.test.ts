import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstallationKeys, SealedKey } from '#actors/catalog/installation-keys.ts'
import { seededRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { InstallationKey, seal, unseal } from './installation-key.ts'

const random = seededRandom(11)

function installation() {
  const stored: SealedKey[] = []
  const clock = new VirtualClock()
  const keys: InstallationKeys = {
    async ensure(missing) {
      const made = missing(stored)
      if (made !== null) stored.push(made)
      return stored
    },
  }
  const open = async (adminToken: string) => {
    clock.advance(1_000)
    const key = await InstallationKey.open({ keys, adminToken, clock, random })
    return key.derived('a purpose').map(bytes => Buffer.from(bytes).toString('hex'))
  }
  return { stored, open }
}

test('every start and every process has the same key, which the catalog cannot read', async () => {
  const { stored, open } = installation()
  const [first, second] = [await open('a token'), await open('a token')]
  assert.deepEqual(first, second)
  assert.equal(stored.length, 1)
  const sealed = Buffer.from(stored[0]?.sealed ?? []).toString('hex')
  for (const key of first) assert.equal(sealed.includes(key), false)
})

test('under another administrator\u2019s token there is another key, and the old one waits', async () => {
  const { stored, open } = installation()
  const [before] = await open('a token')
  const [other] = await open('another token')
  assert.notEqual(other, before)
  assert.equal(stored.length, 2)
  assert.deepEqual(await open('a token'), [before])
})

test('keys for different purposes have nothing in common', async () => {
  const secret = random.bytes(32)
  const key = new InstallationKey([secret])
  assert.notDeepEqual(key.derived('access tokens'), key.derived('refresh tokens'))
})

test('a sealed text that was changed, cut or sealed for somebody else does not open', () => {
  const [key, other] = [random.bytes(32), random.bytes(32)]
  const plain = Buffer.from('a secret')
  const sealed = seal(plain, key, random)
  assert.deepEqual(Buffer.from(unseal(sealed, key) ?? []), plain)
  assert.equal(unseal(sealed, other), null)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(unseal(changed, key), null, `byte ${at}`)
    assert.equal(unseal(sealed.subarray(0, at), key), null, `${at} bytes`)
  }
})
