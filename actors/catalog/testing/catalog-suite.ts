/** What every catalog must do; run against PGlite and against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import type { NewKey, ProjectRetention } from '../catalog.ts'
import { CatalogConflictError, type SqlCatalog } from '../sql-catalog.ts'
import { accountTests } from './account-tests.ts'
import { alertTests } from './alert-tests.ts'
import { channelTests } from './channel-tests.ts'
import { checkpointTests } from './checkpoint-tests.ts'
import { foreignTextTests } from './foreign-text-tests.ts'
import { keyedRequestTests } from './keyed-request-tests.ts'
import { leaseTests } from './lease-tests.ts'
import { memberTests } from './member-tests.ts'
import { membershipTests } from './membership-tests.ts'
import { pacingTests } from './pacing-tests.ts'
import { partitionTests } from './partition-tests.ts'
import { placementTests } from './placement-tests.ts'
import { silenceTests } from './silence-tests.ts'

const NOW_US = Date.UTC(2026, 10, 21) * 1000

export function catalogSuite(name: string, open: () => Promise<SqlCatalog>): void {
  suite(`catalog: ${name}`, () => {
    let catalog: SqlCatalog
    before(async () => {
      catalog = await open()
    })
    after(() => catalog.close())

    const sha = (text: string) => createHash('sha256').update(text).digest()
    const project = (id: string, projectName = `project ${id}`) =>
      catalog.createProject({
        id,
        name: projectName,
        createdAtUs: NOW_US,
        retentionDays: 30,
        timeZone: 'Europe/Berlin',
      })
    const newKey = (id: string, projectId: string): NewKey => ({
      id,
      projectId,
      name: 'deploy',
      secretSha256: sha(id),
      scopes: ['read', 'ingest'],
      createdAtUs: NOW_US,
      expiresAtUs: null,
    })
    const key = (id: string, projectId: string) => catalog.createKey(newKey(id, projectId))

    test('a project is found by id and by name, with its times', async () => {
      await project('aaaaaaaaa1', 'shop')
      const found = await catalog.projectByName('shop')
      assert.deepEqual(found, {
        id: 'aaaaaaaaa1',
        name: 'shop',
        created_at: '2026-11-21T00:00:00.000Z',
        retention_days: 30,
        records_per_second: 0,
        bytes_per_second: 0,
        time_zone: 'Europe/Berlin',
      })
      assert.deepEqual(await catalog.project('aaaaaaaaa1'), found)
      assert.equal(await catalog.project('zzzzzzzzzz'), null)
      const paged: ProjectRetention[] = []
      for (let last: string | undefined = ''; last !== undefined; last = paged.at(-1)?.id) {
        const page = await catalog.retentionsBehind(last, 1)
        if (page.length === 0) break
        paged.push(...page)
      }
      const all = (await catalog.projects()).map(({ id, retention_days }) => ({
        id,
        retention_days,
      }))
      assert.deepEqual(
        paged,
        all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      )
    })

    test('a name can be taken once', async () => {
      await project('aaaaaaaaa2', 'taken')
      await assert.rejects(project('aaaaaaaaa3', 'taken'), CatalogConflictError)
      assert.equal(await catalog.project('aaaaaaaaa3'), null)
    })

    test('changes leave what they do not name', async () => {
      await project('aaaaaaaaa4')
      const before = await catalog.project('aaaaaaaaa4')
      const changes = [
        { retention_days: 7 },
        { records_per_second: 5 },
        { bytes_per_second: 2 ** 40 },
        { time_zone: '+05:30' },
        { name: 'another name' },
      ]
      for (const change of changes) await catalog.updateProject('aaaaaaaaa4', change)
      assert.deepEqual(await catalog.project('aaaaaaaaa4'), Object.assign({}, before, ...changes))
    })

    test('of two changes of a project that look at one state, one is undone', async () => {
      await project('aaaaaaaab4')
      const change = (days: number) =>
        catalog.updateProject('aaaaaaaab4', { retention_days: days }, now =>
          assert.equal(now.retention_days, 30),
        )
      const version = await catalog.version()
      const both = await Promise.allSettled([change(7), change(9)])
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const won = both[0].status === 'fulfilled' ? 7 : 9
      assert.equal((await catalog.project('aaaaaaaab4'))?.retention_days, won)
      assert.equal(await catalog.version(), version + 1)
      await catalog.updateProject('nosuchproj', { retention_days: 1 }, () => assert.fail())
    })

    test('a key carries its hash, its scopes and quota and time zone of its project', async () => {
      await project('aaaaaaaaa5')
      await catalog.updateProject('aaaaaaaaa5', { bytes_per_second: 2 ** 40 })
      await key('kkkkkkkkkk01', 'aaaaaaaaa5')
      const stored = await catalog.key('kkkkkkkkkk01')
      assert.deepEqual(stored?.scopes, ['ingest', 'read'])
      assert.deepEqual(Buffer.from(stored?.secretSha256 ?? []), sha('kkkkkkkkkk01'))
      assert.equal(stored?.bytesPerSecond, 2 ** 40)
      assert.equal(stored?.timeZone, 'Europe/Berlin')
      assert.equal(stored?.revoked, false)
    })

    test("a project's schema comes with its keys, and goes again", async () => {
      await project('schema0001')
      await key('kkkkkkschem1', 'schema0001')
      assert.equal((await catalog.key('kkkkkkschem1'))?.recordSchema, null)
      const version = await catalog.version()
      await catalog.setRecordSchema('schema0001', '{"type":"object"}')
      assert.ok((await catalog.version()) > version)
      assert.equal((await catalog.key('kkkkkkschem1'))?.recordSchema, '{"type":"object"}')
      assert.equal(await catalog.recordSchema('schema0001'), '{"type":"object"}')
      const refuse = (now: string | null): void => {
        throw new Error(`it is ${now}`)
      }
      const refused = catalog.setRecordSchema('schema0001', '{}', refuse)
      await assert.rejects(refused, /it is {"type":"object"}/)
      assert.equal(await catalog.recordSchema('schema0001'), '{"type":"object"}')
      await catalog.setRecordSchema('schema0001', null)
      assert.equal((await catalog.key('kkkkkkschem1'))?.recordSchema, null)
      assert.equal(await catalog.recordSchema('nosuchproj'), null)
    })

    test('a key is changed where it is named, and replaced by another', async () => {
      await project('keychange1')
      await key('kkkkkkchang1', 'keychange1')
      const change = { name: 'edge', records_per_second: 5, expiresAtUs: NOW_US + 9 }
      assert.equal(await catalog.updateKey('nosuchproj', 'kkkkkkchang1', change), false)
      assert.equal(await catalog.updateKey('keychange1', 'kkkkkkchang1', change), true)
      const stored = await catalog.key('kkkkkkchang1')
      assert.equal(stored?.ownRecordsPerSecond, 5)
      assert.equal(stored?.expiresAtUs, NOW_US + 9)
      const other = { bytes_per_second: 1 }
      const refused = catalog.updateKey('keychange1', 'kkkkkkchang1', other, now => {
        throw new Error(`it has ${now.records_per_second}`)
      })
      await assert.rejects(refused, /it has 5/)
      assert.equal((await catalog.key('kkkkkkchang1'))?.ownBytesPerSecond, 0)
      await catalog.updateKey('keychange1', 'kkkkkkchang1', { bytes_per_second: 2 ** 40 })
      assert.equal((await catalog.key('kkkkkkchang1'))?.expiresAtUs, NOW_US + 9)
      await catalog.updateKey('keychange1', 'kkkkkkchang1', { expiresAtUs: null })
      assert.equal((await catalog.key('kkkkkkchang1'))?.expiresAtUs, null)
      const sealedSecret = Uint8Array.of(0, 1, 255)
      const fresh = { ...newKey('kkkkkkchang2', 'keychange1'), sealedSecret, bytesPerSecond: 3 }
      assert.equal(await catalog.rotateKey('kkkkkkchang1', fresh, NOW_US + 50), true)
      assert.equal((await catalog.key('kkkkkkchang1'))?.expiresAtUs, NOW_US + 50)
      const [, second] = await catalog.keys('keychange1')
      assert.partialDeepStrictEqual(second, { kind: 'signing', bytes_per_second: 3 })
      const sealed = (await catalog.key('kkkkkkchang2'))?.sealedSecret
      assert.deepEqual(Buffer.from(sealed ?? []), Buffer.from(sealedSecret))
      await catalog.revokeKey('keychange1', 'kkkkkkchang1', NOW_US)
      const third = newKey('kkkkkkchang3', 'keychange1')
      assert.equal(await catalog.rotateKey('kkkkkkchang1', third, NOW_US), false)
      assert.equal(await catalog.key('kkkkkkchang3'), null)
    })

    test('revoking says whether there was such a key in that project', async () => {
      await project('aaaaaaaaa6')
      await key('kkkkkkkkkk02', 'aaaaaaaaa6')
      assert.equal(await catalog.revokeKey('aaaaaaaaa1', 'kkkkkkkkkk02', NOW_US), false)
      assert.equal((await catalog.key('kkkkkkkkkk02'))?.revoked, false)
      assert.equal(await catalog.revokeKey('aaaaaaaaa6', 'kkkkkkkkkk02', NOW_US), true)
      assert.equal((await catalog.key('kkkkkkkkkk02'))?.revoked, true)
      assert.match((await catalog.keys('aaaaaaaaa6'))[0]?.revoked_at ?? '', /^2026-11-21/)
    })

    test('every change of projects and keys raises the version, use of a key does not', async () => {
      const first = await catalog.version()
      await project('aaaaaaaaa7')
      await key('kkkkkkkkkk03', 'aaaaaaaaa7')
      const second = await catalog.version()
      assert.ok(second >= first + 2)
      await catalog.touchKeys(new Map([['kkkkkkkkkk03', NOW_US + 5_000_000]]))
      assert.equal(await catalog.version(), second)
      assert.equal((await catalog.keys('aaaaaaaaa7'))[0]?.last_used_at, '2026-11-21T00:00:05.000Z')
    })

    test('a failed change changes nothing, not even the version', async () => {
      const version = await catalog.version()
      await assert.rejects(key('kkkkkkkkkk04', 'nosuchproj'))
      assert.equal(await catalog.version(), version)
    })

    test('a project comes with its first keys, or not at all', async () => {
      await project('firstkeys1')
      await key('kkkkkkkkkk06', 'firstkeys1')
      const both = (id: string, ...keyIds: string[]) =>
        catalog.createProject(
          { id, name: id, createdAtUs: NOW_US, retentionDays: 30, timeZone: 'UTC' },
          keyIds.map(keyId => newKey(keyId, id)),
        )
      await both('firstkeys2', 'kkkkkkkkkk07', 'kkkkkkkkkk08')
      assert.equal((await catalog.keys('firstkeys2')).length, 2)
      await assert.rejects(both('firstkeys3', 'kkkkkkkkkk09', 'kkkkkkkkkk06'))
      assert.equal(await catalog.project('firstkeys3'), null)
    })

    test('a project comes with its first rules; who evaluates hears of enabled ones alone', async () => {
      const rule = (id: string, enabled: boolean) => ({ id, rule: { name: `it's ${id}`, enabled } })
      const made = {
        id: 'firstrules',
        name: 'r',
        createdAtUs: NOW_US,
        retentionDays: 1,
        timeZone: 'UTC',
      }
      const rules = [rule('readyready01', false), rule('readyready02', false)]
      await catalog.createProject(made, [], rules)
      const found = await catalog.alertRules.list('firstrules')
      assert.deepEqual(
        found.map(({ id, rule: text, version, updatedBy }) => [id, text, version, updatedBy]),
        rules.map(({ id, rule: text }) => [id, text, 1, 'administrator']),
      )
      assert.equal((await catalog.alertRules.stamps()).has('firstrules'), false)
      const edit = { projectId: 'firstrules', by: 'ada', atUs: NOW_US }
      await catalog.alertRules.update(edit, rule('readyready01', true))
      assert.equal((await catalog.alertRules.stamps()).has('firstrules'), true)
    })

    test('deleting a project deletes its keys', async () => {
      await project('aaaaaaaaa8')
      await key('kkkkkkkkkk05', 'aaaaaaaaa8')
      await catalog.deleteProject('aaaaaaaaa8', 1)
      assert.equal(await catalog.key('kkkkkkkkkk05'), null)
    })

    test('sessions are found by the hash of their token until they are deleted', async () => {
      const session = {
        tokenSha256: sha('token'),
        role: 'administrator' as const,
        createdAtUs: NOW_US,
        expiresAtUs: NOW_US + 1,
      }
      await catalog.createSession(session)
      const found = await catalog.session(sha('token'))
      assert.equal(found?.expiresAtUs, NOW_US + 1)
      assert.equal(await catalog.session(sha('other')), null)
      await catalog.deleteSession(sha('token'))
      assert.equal(await catalog.session(sha('token')), null)
    })

    leaseTests(() => catalog.leases)
    checkpointTests(() => catalog.checkpoints)
    partitionTests(() => catalog)
    placementTests(() => catalog.placements)
    keyedRequestTests(() => catalog)
    accountTests(() => catalog)
    suite('alerts', () => alertTests(() => catalog))
    suite('channels', () => channelTests(() => catalog))
    suite('pacing', () => pacingTests(() => catalog))
    suite('silences', () => silenceTests(() => catalog))
    suite('members', () => memberTests(() => catalog))
    suite('membership', () => membershipTests(() => catalog))
    suite('texts of others', () => foreignTextTests(() => catalog))

    test('of processes that start at once one makes the installation\u2019s key', async () => {
      const key = (id: string) => ({ id, sealed: sha(id), createdAtUs: NOW_US })
      const ensure = (id: string) =>
        catalog.installationKeys.ensure(stored => (stored.length === 0 ? key(id) : null))
      const [first, second] = await Promise.all([ensure('a'), ensure('b')])
      assert.equal(first.length, 1)
      assert.deepEqual(first[0]?.id, second[0]?.id)
      const more = await catalog.installationKeys.ensure(() => key('c'))
      assert.deepEqual(
        more.map(({ id }) => id),
        [first[0]?.id, 'c'],
      )
    })
  })
}
