import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StoredKey, StoredSession } from '#actors/catalog/catalog.ts'
import type { Clock } from '#runtime/clock.ts'
import { seededRandom } from '#runtime/random.ts'
import { loadAdminToken } from './admin-token.ts'
import { KeyCache } from './key-cache.ts'
import { matchesSecret, mintKey, mintProjectId, parseKey } from './project-key.ts'
import { Sessions } from './sessions.ts'

/** A clock that only moves when told; timers run as it passes them. */
class HandClock implements Clock {
  #ms = 0
  #timers: { atMs: number; run: () => void }[] = []
  nowUs = () => 1_700_000_000_000_000 + this.#ms * 1000
  monotonicMs = () => this.#ms
  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#ms + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }
  async pass(ms: number): Promise<void> {
    const end = this.#ms + ms
    for (;;) {
      const due = this.#timers
        .filter(({ atMs }) => atMs <= end)
        .toSorted((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#ms = Math.max(this.#ms, due.atMs)
      this.#timers = this.#timers.filter(timer => timer !== due)
      due.run()
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
    this.#ms = end
  }
}

const random = seededRandom(1)

function keyWorld() {
  const minted = mintKey(random)
  const clock = new HandClock()
  const state = {
    away: false,
    version: 1,
    asked: 0,
    /** Whoever is told of a change cannot take it. */
    deaf: false,
    touched: new Map<string, number>(),
    /** Runs between the reading of a key and its arrival. */
    slowly: async (): Promise<void> => undefined,
  }
  let stored: StoredKey = {
    id: minted.id,
    projectId: 'abcdefghij',
    secretSha256: minted.secretSha256,
    scopes: ['ingest'],
    expiresAtUs: null,
    revoked: false,
    recordsPerSecond: 0,
    bytesPerSecond: 0,
    timeZone: 'UTC',
    recordSchema: null,
    sealedSecret: null,
    ownRecordsPerSecond: 0,
    ownBytesPerSecond: 0,
  }
  const ended: string[] = []
  const changed: number[] = []
  const told: number[] = []
  const guard = () => {
    if (state.away) throw new Error('away')
  }
  const cache = new KeyCache({
    clock,
    unseal: sealed => sealed,
    catalog: {
      key: async id => {
        guard()
        state.asked++
        const read = id === stored.id ? stored : null
        await state.slowly()
        return read
      },
      version: async () => {
        guard()
        return state.version
      },
      touchKeys: async used => {
        guard()
        for (const [id, at] of used) state.touched.set(id, at)
      },
    },
    watcher: {
      revoked: id => ended.push(id),
      changed: key => changed.push(key.recordsPerSecond),
      async catalogChanged() {
        told.push(state.version)
        if (state.deaf) throw new Error('deaf')
      },
    },
  })
  const change = (part: Partial<StoredKey>) => {
    stored = { ...stored, ...part }
    state.version++
  }
  return { minted, clock, state, cache, ended, changed, told, change }
}

test('keys have the published form and match only their own secret', () => {
  const [a, b] = [mintKey(random), mintKey(random)]
  assert.match(a.text, /^lb_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/)
  assert.match(mintProjectId(random), /^[a-z0-9]{10}$/)
  const parsed = parseKey(a.text)
  assert.equal(parsed?.id, a.id)
  assert.equal(matchesSecret(parsed?.secret ?? '', a.secretSha256), true)
  assert.equal(matchesSecret(parsed?.secret ?? '', b.secretSha256), false)
  for (const text of ['', 'lb_', a.text.slice(0, -1), `${a.text}x`, a.text.toUpperCase()]) {
    assert.equal(parseKey(text), null)
  }
})

test('a change that could not be taken is told again at the next look, and then no more', async () => {
  const { cache, state, told, change } = keyWorld()
  await cache.refresh()
  told.length = 0
  change({})
  state.deaf = true
  await cache.refresh()
  await cache.refresh()
  state.deaf = false
  await cache.refresh()
  await cache.refresh()
  assert.deepEqual(told, [2, 2, 2])
  await cache.close()
})

test('a verified key is not asked for again, a wrong secret never comes in', async () => {
  const { cache, minted, state } = keyWorld()
  for (let n = 0; n < 5; n++) assert.equal((await cache.verify(minted.text)).type, 'verified')
  assert.equal(state.asked, 1)
  assert.equal((await cache.verify(mintKey(random).text)).type, 'unknown')
  const forged = `lb_${minted.id}_${'A'.repeat(43)}`
  assert.equal((await cache.verify(forged)).type, 'unknown')
  await cache.close()
})

test('a revoked key is refused, and its holders told, within half a second and a poll', async () => {
  const { cache, minted, clock, change, ended } = keyWorld()
  await cache.verify(minted.text)
  change({ revoked: true })
  await clock.pass(600)
  assert.deepEqual(ended, [minted.id])
  assert.equal((await cache.verify(minted.text)).type, 'revoked')
  await cache.close()
})

test('an expired key is refused at its time, and its holders told', async () => {
  const { cache, minted, clock, change, ended } = keyWorld()
  change({ expiresAtUs: clock.nowUs() + 10_000_000 })
  assert.equal((await cache.verify(minted.text)).type, 'verified')
  await clock.pass(10_600)
  assert.deepEqual(ended, [minted.id])
  assert.equal((await cache.verify(minted.text)).type, 'expired')
  await cache.close()
})

test('changed limits reach those who hold the key', async () => {
  const { cache, minted, clock, change, changed } = keyWorld()
  await cache.verify(minted.text)
  await clock.pass(600)
  change({ recordsPerSecond: 7 })
  await clock.pass(600)
  assert.deepEqual(changed, [7])
  await cache.close()
})

test('with the catalog away verified keys stay good for five minutes, new ones are unavailable', async () => {
  const { cache, minted, clock, state, ended } = keyWorld()
  await cache.verify(minted.text)
  state.away = true
  await clock.pass(4 * 60_000)
  assert.equal((await cache.verify(minted.text)).type, 'verified')
  assert.equal((await cache.verify(mintKey(random).text)).type, 'unavailable')
  assert.deepEqual(ended, [])
  await clock.pass(2 * 60_000)
  assert.equal((await cache.verify(minted.text)).type, 'unavailable')
  assert.deepEqual(ended, [minted.id])
  await cache.close()
})

test('the five minutes begin when the catalog goes away, not when the key was read', async () => {
  const { cache, minted, clock, state, ended } = keyWorld()
  await cache.verify(minted.text)
  await clock.pass(4 * 60_000)
  state.away = true
  await clock.pass(4 * 60_000)
  assert.equal((await cache.verify(minted.text)).type, 'verified')
  assert.deepEqual(ended, [])
  await clock.pass(2 * 60_000)
  assert.equal((await cache.verify(minted.text)).type, 'unavailable')
  assert.deepEqual(ended, [minted.id])
  state.away = false
  await clock.pass(600)
  assert.equal((await cache.verify(minted.text)).type, 'verified')
  await cache.close()
})

test('a key that was read while it was being revoked does not stay', async () => {
  const { cache, minted, clock, change, state } = keyWorld()
  await clock.pass(600)
  state.slowly = async () => {
    state.slowly = async () => undefined
    change({ revoked: true })
    await clock.pass(600)
  }
  assert.equal((await cache.verify(minted.text)).type, 'revoked')
  await cache.close()
})

test('the use of keys is written now and then, not each time', async () => {
  const { cache, minted, clock, state } = keyWorld()
  await cache.verify(minted.text)
  assert.equal(state.touched.size, 0)
  await clock.pass(11_000)
  assert.deepEqual([...state.touched.keys()], [minted.id])
  await cache.close()
})

function sessionWorld() {
  const clock = new HandClock()
  const kept = new Map<string, StoredSession>()
  const name = (hash: Uint8Array) => Buffer.from(hash).toString('hex')
  const sessions = new Sessions({
    clock,
    random,
    adminToken: 'lbadm_secret',
    catalog: {
      createSession: async session => void kept.set(name(session.tokenSha256), session),
      session: async hash => kept.get(name(hash)) ?? null,
      deleteSession: async hash => void kept.delete(name(hash)),
    },
  })
  return { clock, sessions, kept }
}

test('a ticket opens one session, and not after a quarter of an hour', async () => {
  const { sessions, clock } = sessionWorld()
  const [first, second] = [sessions.issueTicket(), sessions.issueTicket()]
  assert.equal(sessions.redeemTicket(first), true)
  assert.equal(sessions.redeemTicket(first), false)
  assert.equal(sessions.redeemTicket('guess'), false)
  await clock.pass(16 * 60_000)
  assert.equal(sessions.redeemTicket(second), false)
})

test('a session is found by its token, stored only as a hash, and ends', async () => {
  const { sessions, kept, clock } = sessionWorld()
  const { token } = await sessions.open()
  assert.ok(![...kept.keys()].some(stored => stored.includes(token)))
  assert.equal((await sessions.find(token))?.role, 'administrator')
  assert.equal(await sessions.find('other'), null)
  await clock.pass(8 * 86_400_000)
  assert.equal(await sessions.find(token), null)
  const again = await sessions.open()
  await sessions.close(again.token)
  assert.equal(await sessions.find(again.token), null)
})

test('only the very token of the administrator is taken', () => {
  const { sessions } = sessionWorld()
  assert.equal(sessions.isAdminToken('lbadm_secret'), true)
  assert.equal(sessions.isAdminToken('lbadm_secreT'), false)
  assert.equal(sessions.isAdminToken(''), false)
})

test('the token file is made once and only its owner can read it', t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-token-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const token = loadAdminToken(folder, random)
  assert.equal(loadAdminToken(folder, random), token)
  assert.equal(statSync(join(folder, 'admin.token')).mode & 0o777, 0o600)
})
