/** What accounts, sign-ins and people's tokens must do, in whichever catalog. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { HOUR_US, idOf, NOW, NOW_US, newAccount, newSignIn, type PeopleCatalog } from './people.ts'

const sha = (text: string) => createHash('sha256').update(text).digest()

export function accountTests(catalog: () => PeopleCatalog): void {
  const make = (name: string) => catalog().accounts.create(newAccount(name))

  test('the first account is an administrator, however many come at once', async () => {
    assert.equal(await catalog().accounts.isEmpty(), true)
    const names = ['first1', 'first2', 'first3']
    await Promise.all(names.map(make))
    const administrators = (await catalog().accounts.list()).filter(
      account => account.administrator,
    )
    assert.equal(administrators.length, 1)
    assert.equal(await catalog().accounts.isEmpty(), false)
    assert.equal(await catalog().accounts.create(newAccount('late'), true), 'not-first')
    assert.equal(await catalog().accounts.find(idOf('late')), null)
  })

  test('an account is found by id and by email, which is taken once', async () => {
    assert.equal(await make('ada'), 'done')
    assert.equal(await make('ada'), 'taken')
    const account = {
      id: idOf('ada'),
      email: 'ada@example.org',
      name: 'ada',
      administrator: false,
      created_at: NOW,
      last_sign_in_at: null,
      disabled_at: null,
    }
    assert.deepEqual(await catalog().accounts.find(idOf('ada')), account)
    assert.deepEqual(await catalog().accounts.byEmail('ada@example.org'), {
      account,
      passwordHash: 'hash of ada',
    })
    assert.equal(await catalog().accounts.byEmail('nobody@example.org'), null)
  })

  test('changes of an account leave what they do not name, and raise the version', async () => {
    await make('bob')
    const version = await catalog().version()
    const { accounts } = catalog()
    assert.equal(await accounts.update(idOf('bob'), { name: '<b>Bob</b>' }, NOW_US), true)
    assert.equal(await accounts.update(idOf('bob'), { administrator: true }, NOW_US), true)
    assert.equal(await accounts.update(idOf('nobody'), { name: 'x' }, NOW_US), false)
    const found = await accounts.find(idOf('bob'))
    assert.deepEqual([found?.name, found?.administrator], ['<b>Bob</b>', true])
    assert.ok((await catalog().version()) >= version + 2)
  })

  test('a disabled account is signed out, and stays so when it is enabled again', async () => {
    await make('cy')
    const signIn = newSignIn('cy1', 'cy')
    await catalog().signIns.open(signIn)
    await catalog().accounts.update(idOf('cy'), { disabled: true }, NOW_US)
    await catalog().accounts.update(idOf('cy'), { disabled: true }, NOW_US + HOUR_US)
    assert.equal((await catalog().accounts.find(idOf('cy')))?.disabled_at, NOW)
    await catalog().accounts.update(idOf('cy'), { disabled: false }, NOW_US)
    assert.equal((await catalog().accounts.find(idOf('cy')))?.disabled_at, null)
    assert.equal(await catalog().signIns.find(signIn.id), null)
  })

  test('a new password ends all sign-ins but the one that is kept', async () => {
    await make('dee')
    const [kept, other] = [newSignIn('dee1', 'dee'), newSignIn('dee2', 'dee')]
    await catalog().signIns.open(kept)
    await catalog().signIns.open(other)
    assert.equal(await catalog().accounts.setPassword(idOf('dee'), 'new', kept.id), true)
    assert.deepEqual(await catalog().signIns.find(kept.id), kept)
    assert.equal(await catalog().signIns.find(other.id), null)
    assert.equal(await catalog().accounts.setPassword(idOf('nobody'), 'new'), false)
    await catalog().accounts.rehash(idOf('dee'), 'old', 'not this')
    await catalog().accounts.rehash(idOf('dee'), 'new', 'newer')
    const found = await catalog().accounts.byEmail('dee@example.org')
    assert.equal(found?.passwordHash, 'newer')
  })

  test('a reset is good once, for its time, and ends sign-ins and other resets', async () => {
    await make('eve')
    const signIn = newSignIn('eve1', 'eve')
    await catalog().signIns.open(signIn)
    const { accounts } = catalog()
    for (const name of ['eve a', 'eve b']) {
      await accounts.createReset({
        tokenSha256: sha(name),
        accountId: idOf('eve'),
        createdAtUs: NOW_US,
        expiresAtUs: NOW_US + HOUR_US,
      })
    }
    assert.equal(await accounts.redeemReset(sha('eve a'), 'x', NOW_US + HOUR_US), null)
    assert.equal(await accounts.redeemReset(sha('eve c'), 'x', NOW_US), null)
    assert.equal(await accounts.resetOf(sha('eve a'), NOW_US), idOf('eve'))
    assert.equal(await accounts.resetOf(sha('eve a'), NOW_US + HOUR_US), null)
    const both = ['x', 'y'].map(hash => accounts.redeemReset(sha('eve a'), hash, NOW_US))
    assert.equal((await Promise.all(both)).filter(id => id === idOf('eve')).length, 1)
    assert.equal(await accounts.redeemReset(sha('eve b'), 'x', NOW_US), null)
    assert.equal(await catalog().signIns.find(signIn.id), null)
  })

  suite('sign-ins', () => signInTests(catalog))
  apiTokenTests(catalog)
}

function signInTests(catalog: () => PeopleCatalog): void {
  before(() => catalog().accounts.create(newAccount('ida')))

  test('a sign-in tells when its person came last', async () => {
    const signIn = newSignIn('ida1', 'ida')
    await catalog().signIns.open(signIn)
    assert.deepEqual(await catalog().signIns.find(signIn.id), signIn)
    assert.equal((await catalog().accounts.find(idOf('ida')))?.last_sign_in_at, NOW)
  })

  test('a refresh token is good once; within seconds again, for the same successor', async () => {
    const { id } = newSignIn('ida2', 'ida')
    const { signIns } = catalog()
    await signIns.open(newSignIn('ida2', 'ida'))
    const at = NOW_US + 60_000_000
    const both = await Promise.all([signIns.rotate(id, 1, at), signIns.rotate(id, 1, at)])
    assert.deepEqual(
      both.map(signIn => signIn?.generation),
      [2, 2],
    )
    assert.equal((await signIns.rotate(id, 1, at + 9_000_000))?.generation, 2)
    assert.equal((await signIns.rotate(id, 2, at + 20_000_000))?.generation, 3)
  })

  test('a refresh token that comes again later ends its whole family', async () => {
    const { id } = newSignIn('ida3', 'ida')
    const { signIns } = catalog()
    await signIns.open(newSignIn('ida3', 'ida'))
    await signIns.rotate(id, 1, NOW_US)
    const version = await catalog().version()
    assert.equal(await signIns.rotate(id, 1, NOW_US + 11_000_000), null)
    assert.equal(await signIns.rotate(id, 2, NOW_US + 11_000_000), null)
    assert.equal(await signIns.find(id), null)
    assert.ok((await catalog().version()) > version)
  })

  test('a token of a number that never was, and one that has expired, end it, too', async () => {
    const { signIns } = catalog()
    for (const [name, generation, at] of [
      ['ida4', 3, NOW_US],
      ['ida5', 1, NOW_US + HOUR_US],
    ] as const) {
      const signIn = newSignIn(name, 'ida')
      await signIns.open(signIn)
      assert.equal(await signIns.rotate(signIn.id, generation, at), null)
      assert.equal(await signIns.find(signIn.id), null)
    }
  })

  test('one sign-in ends, or all of a person, and nobody else', async () => {
    await catalog().accounts.create(newAccount('joe'))
    const { signIns } = catalog()
    const mine = ['ida6', 'ida7'].map(name => newSignIn(name, 'ida'))
    const [first, second] = mine.map(({ id }) => id)
    const other = newSignIn('joe1', 'joe')
    for (const signIn of [...mine, other]) await signIns.open(signIn)
    await signIns.end(first ?? '')
    assert.equal(await signIns.find(first ?? ''), null)
    assert.ok(await signIns.find(second ?? ''))
    await signIns.endAll(idOf('ida'))
    assert.equal(await signIns.find(second ?? ''), null)
    assert.ok(await signIns.find(other.id))
  })

  test('what has expired is forgotten when somebody signs in', async () => {
    const { signIns } = catalog()
    const old = newSignIn('ida8', 'ida')
    await signIns.open(old)
    await signIns.open(newSignIn('ida9', 'ida', NOW_US + 2 * HOUR_US))
    assert.equal(await signIns.find(old.id), null)
  })
}

function apiTokenTests(catalog: () => PeopleCatalog): void {
  test('a token is found, told without its secret, and ended by its owner alone', async () => {
    await catalog().accounts.create(newAccount('kim'))
    const { apiTokens } = catalog()
    const token = {
      id: 'tokenofkim01',
      accountId: idOf('kim'),
      name: 'ci',
      secretSha256: sha('secret'),
      createdAtUs: NOW_US,
      expiresAtUs: NOW_US + HOUR_US,
    }
    await apiTokens.create(token)
    const found = await apiTokens.find(token.id)
    assert.deepEqual({ ...found, secretSha256: null }, { ...token, secretSha256: null })
    assert.deepEqual(Buffer.from(found?.secretSha256 ?? []), token.secretSha256)
    await apiTokens.touch(new Map([[token.id, NOW_US]]))
    assert.deepEqual(await apiTokens.list(idOf('kim')), [
      {
        id: token.id,
        name: 'ci',
        created_at: NOW,
        expires_at: '2026-11-21T01:00:00.000Z',
        last_used_at: NOW,
      },
    ])
    assert.equal(await apiTokens.end(idOf('ada'), token.id), false)
    assert.ok(await apiTokens.find(token.id))
    assert.equal(await apiTokens.end(idOf('kim'), token.id), true)
    assert.equal(await apiTokens.find(token.id), null)
  })
}
