/** Two processes on one PostgreSQL: one key, one truth about who is signed in. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openPostgresCatalog } from '#actors/catalog/open-catalog.ts'
import { type OwnDatabase, ownDatabase } from '#actors/catalog/testing/own-database.ts'
import { systemRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { KeyCache } from './key-cache.ts'
import { newAccount } from './new-account.ts'
import { openIdentity } from './open-identity.ts'
import { LiveSystemConfig } from './system-config.ts'

const server = process.env['DATABASE_URL']
const ADA = { email: 'ada@example.org', password: 'gruene lampe im keller', name: 'Ada' }
const CHEAP = { ln: 4, r: 8, p: 1 }

async function openProcess({ url }: OwnDatabase) {
  const clock = new VirtualClock()
  const catalog = await openPostgresCatalog({ url, connections: 2 })
  const identity = await openIdentity({
    catalog,
    adminToken: 'the same for all processes of it',
    mailer: { type: 'printed', send: async () => undefined, close: () => undefined },
    publicUrl: () => 'https://logs.example',
    clock,
    random: systemRandom,
    onFault: error => assert.fail(error),
    cost: CHEAP,
  })
  const systemConfig = new LiveSystemConfig(catalog.systemSettings, 30)
  let settled = systemConfig.refresh()
  const watcher = {
    revoked: () => undefined,
    async catalogChanged() {
      identity.persons.catalogChanged()
      settled = systemConfig.refresh()
    },
  }
  const unseal = (sealed: Uint8Array) => identity.signingSecrets.unseal(sealed)
  const keys = new KeyCache({ catalog, clock, watcher, unseal })
  await keys.refresh()
  after(async () => {
    await keys.close()
    await identity.persons.close()
    await catalog.close()
  })
  const verify = async (token: string) => (await identity.persons.verify(token)).type
  const signIn = async () => {
    const outcome = await identity.desk.signIn({ ...ADA, address: '10.0.0.1', device: null })
    assert.ok(outcome.type === 'opened')
    return outcome
  }
  /** As `keys` notices that something was changed. */
  const look = async () => {
    await keys.refresh()
    await settled
    return systemConfig.current
  }
  return { ...identity, clock, catalog, keys, verify, signIn, systemConfig, look }
}

if (server === undefined) {
  test('people over PostgreSQL', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  test('people over PostgreSQL', async t => {
    const database = await ownDatabase(server)
    after(() => database.drop())
    const [here, there] = await Promise.all([openProcess(database), openProcess(database)])
    const account = await newAccount(ADA, { ...here, random: systemRandom })
    assert.equal(await here.catalog.accounts.create(account), 'done')

    await t.test('a sign-in of one process is good in the other, refresh included', async () => {
      const opened = await here.signIn()
      assert.equal(await there.verify(opened.accessToken), 'verified')
      const refreshed = await there.desk.refresh(opened.refreshToken)
      assert.equal(await here.verify(refreshed?.accessToken ?? ''), 'verified')
    })

    await t.test('signing out in one process reaches the other with its next look', async () => {
      const { accessToken } = await here.signIn()
      assert.equal(await there.verify(accessToken), 'verified')
      await here.catalog.signIns.endAll(account.id)
      await there.keys.refresh()
      assert.equal(await there.verify(accessToken), 'unknown')
    })

    await t.test('tabs that refresh in both processes at once get the same successor', async () => {
      const { refreshToken } = await here.signIn()
      const both = await Promise.all([here, there].map(({ desk }) => desk.refresh(refreshToken)))
      assert.ok(both[0])
      assert.equal(both[0].refreshToken, both[1]?.refreshToken)
    })

    await t.test(
      'settings that one process changes hold in the other with its next look',
      async () => {
        assert.partialDeepStrictEqual(await there.look(), {
          sign_up: 'invitation',
          audit_days: 365,
        })
        await here.systemConfig.change({ sign_up: 'open', audit_days: 7 })
        assert.partialDeepStrictEqual(await there.look(), { sign_up: 'open', audit_days: 7 })
        assert.deepEqual(await there.look(), await here.look())
      },
    )

    await t.test('a token that was used twice ends the sign-in in both', async () => {
      const { refreshToken } = await here.signIn()
      const stolen = await there.desk.refresh(refreshToken)
      assert.equal(await here.verify(stolen?.accessToken ?? ''), 'verified')
      there.clock.advance(60_000)
      here.clock.advance(60_000)
      assert.equal(await here.desk.refresh(refreshToken), null)
      await Promise.all([here.keys.refresh(), there.keys.refresh()])
      assert.equal(await there.verify(stolen?.accessToken ?? ''), 'unknown')
      assert.equal(await there.desk.refresh(stolen?.refreshToken ?? ''), null)
    })
  })
}
