/** What invitations, saved views, the audit log and the settings must do. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { AuditEntries } from '../audit-entries.ts'
import type { Invitations } from '../invitations.ts'
import type { SavedViews } from '../saved-views.ts'
import type { SystemSettings } from '../system-settings.ts'
import { HOUR_US, idOf, NOW_US, newAccount, newProject, type PeopleCatalog } from './people.ts'

export interface MembershipCatalog extends PeopleCatalog {
  readonly invitations: Invitations
  readonly savedViews: SavedViews
  readonly auditEntries: AuditEntries
  readonly systemSettings: SystemSettings
}

const sha = (text: string) => Uint8Array.from(createHash('sha256').update(text).digest())

export function membershipTests(catalog: () => MembershipCatalog): void {
  const invite = (token: string, fields: { role?: string; email?: string | null } = {}) =>
    catalog().invitations.create({
      id: token.padEnd(12, '0'),
      projectId: 'invited001',
      tokenSha256: sha(token),
      email: null,
      role: 'viewer',
      createdAtUs: NOW_US,
      expiresAtUs: NOW_US + HOUR_US,
      createdBy: null,
      ...fields,
    })

  test('an invitation is good once, for whom it is meant, until its time', async () => {
    const { accounts, members, invitations } = catalog()
    for (const name of ['inge', 'ines', 'ivan']) await accounts.create(newAccount(name))
    await catalog().createProject(newProject('invited001', idOf('inge')))
    assert.equal(await invite('norole', { role: 'nobody' }), 'unknown-role')
    assert.equal(await invite('one'), 'done')
    assert.equal(await invite('ines', { email: 'ines@example.org' }), 'done')
    const look = await invitations.look(sha('one'), NOW_US)
    assert.partialDeepStrictEqual(look, { project: { id: 'invited001' }, role: 'viewer' })
    assert.equal(await invitations.look(sha('one'), NOW_US + HOUR_US), null)
    assert.equal(await invitations.look(sha('other'), NOW_US), null)
    const accept = (token: string, name: string, atUs = NOW_US) =>
      invitations.accept(sha(token), idOf(name), atUs)
    const unknown = { type: 'unknown' }
    assert.deepEqual(await accept('one', 'ivan', NOW_US + HOUR_US), unknown)
    assert.deepEqual(await accept('ines', 'ivan'), unknown)
    assert.deepEqual(await accept('one', 'nobody'), unknown)
    assert.deepEqual(await accept('one', 'inge'), { type: 'already', projectId: 'invited001' })
    const names = ['ivan', 'ines']
    const both = await Promise.all(names.map(name => accept('one', name)))
    assert.deepEqual(both.map(({ type }) => type).sort(), ['joined', 'unknown'])
    for (const [at, name] of names.entries()) {
      const role = both[at]?.type === 'joined' ? 'viewer' : undefined
      assert.equal((await members.access(idOf(name), 'invited001'))?.role, role, name)
    }
    const open = await invitations.list('invited001', NOW_US)
    assert.deepEqual(
      open.map(({ email }) => email),
      ['ines@example.org'],
    )
    assert.equal(await invitations.remove('another001', open[0]?.id ?? ''), false)
    assert.equal(await invitations.remove('invited001', open[0]?.id ?? ''), true)
    assert.deepEqual(await accept('ines', 'ines'), unknown)
  })

  test('a view is seen by its maker, or by all; of two changes of one state one is told', async () => {
    const { accounts, savedViews } = catalog()
    for (const name of ['vera', 'viki']) await accounts.create(newAccount(name))
    await catalog().createProject(newProject('views00001'))
    const make = (id: string, shared: boolean) =>
      savedViews.create({
        id: id.padEnd(12, '0'),
        projectId: 'views00001',
        name: id,
        address: 'query=a',
        shared,
        createdBy: idOf('vera'),
        atUs: NOW_US,
      })
    const own = await make('own', false)
    const shared = await make('all', true)
    assert.equal(own.version, 1)
    const names = async (reader: string | null) =>
      (await savedViews.list('views00001', reader)).map(({ name }) => name)
    assert.deepEqual(await names(idOf('vera')), ['all', 'own'])
    assert.deepEqual(await names(idOf('viki')), ['all'])
    assert.deepEqual(await names(null), ['all'])
    assert.equal(await savedViews.find('views00001', own.id, idOf('viki')), null)
    assert.equal(await savedViews.find('another001', shared.id, null), null)
    const content = { name: 'new', address: 'query=b', shared: true, atUs: NOW_US + 1 }
    const change = (id: string, version: number) =>
      savedViews.update('views00001', id, { ...content, version })
    assert.partialDeepStrictEqual(await change(own.id, 1), { name: 'new', version: 2 })
    assert.equal(await change(own.id, 1), 'stale')
    assert.equal(await change('nothing00000', 1), 'unknown')
    assert.equal(await savedViews.remove('another001', own.id), false)
    assert.equal(await savedViews.remove('views00001', own.id), true)
    assert.deepEqual(await names(idOf('vera')), ['all'])
  })

  test('the audit log is found by project, actor, action and time, newest first', async () => {
    const { auditEntries } = catalog()
    const entry = (step: number, action: string, projectId: string | null) => ({
      atUs: NOW_US + step,
      actor: `actor${step % 2}`,
      actorName: 'Ada "A" Ä',
      peer: '10.0.0.1',
      action,
      projectId,
      detail: { step, list: ['a', null], deep: { text: '\u2028' } },
    })
    await auditEntries.add([
      entry(1, 'auth.login', null),
      entry(2, 'key.create', 'audited001'),
      entry(3, 'key.revoke', 'audited001'),
    ])
    await auditEntries.add([])
    const steps = async (query: object) =>
      (await auditEntries.list({ limit: 9, startUs: NOW_US, ...query })).map(
        ({ detail }) => detail['step'],
      )
    assert.deepEqual(await steps({}), [3, 2, 1])
    assert.deepEqual(await steps({ projectId: 'audited001' }), [3, 2])
    assert.deepEqual(await steps({ actor: 'actor1' }), [3, 1])
    assert.deepEqual(await steps({ action: 'key.' }), [3, 2])
    assert.deepEqual(await steps({ endUs: NOW_US + 3 }), [2, 1])
    const [newest] = await auditEntries.list({ limit: 1 })
    assert.partialDeepStrictEqual(newest, { ...entryOf(entry(3, 'key.revoke', 'audited001')) })
    assert.deepEqual(await steps({ before: newest?.id }), [2, 1])
    assert.ok((await auditEntries.prune(NOW_US + 3)) >= 2)
    assert.deepEqual(await steps({}), [3])
  })

  test('settings are what was set, and a change of them raises the version', async () => {
    const { systemSettings } = catalog()
    const version = await catalog().version()
    await systemSettings.change({ sign_up: 'open', audit_days: 7 })
    await systemSettings.change({ audit_days: 9, audit_searches: true })
    assert.partialDeepStrictEqual(await systemSettings.read(), {
      sign_up: 'open',
      audit_days: 9,
      audit_searches: true,
    })
    assert.ok((await catalog().version()) > version)
  })

  test('of two changes of settings that look at one state, one is undone', async () => {
    const { systemSettings } = catalog()
    await systemSettings.change({ audit_days: 1 })
    const change = (days: number) =>
      systemSettings.change({ audit_days: days }, now => assert.equal(now.audit_days, 1))
    const both = await Promise.allSettled([change(2), change(3)])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const won = both[0].status === 'fulfilled' ? 2 : 3
    assert.equal((await systemSettings.read()).audit_days, won)
  })

  test('a deleted project is remembered until its rows are gone', async () => {
    await catalog().createProject(newProject('deleted001'))
    await catalog().deleteProject('deleted001', NOW_US)
    assert.equal(await catalog().project('deleted001'), null)
    const ids = async () => (await catalog().deletedProjects()).map(({ id }) => id)
    assert.ok((await ids()).includes('deleted001'))
    await catalog().forgetDeleted(['deleted001'])
    assert.equal((await ids()).includes('deleted001'), false)
  })
}

interface Written {
  readonly actor: string
  readonly actorName: string
  readonly action: string
  readonly projectId: string | null
  readonly detail: object
}

function entryOf({ actor, actorName, action, projectId, detail }: Written) {
  return { actor, actor_name: actorName, action, project: projectId, detail }
}
