/** What members and roles must do, in whichever catalog. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { BUILT_IN_ROLES, type Permission } from '#proto/permissions.ts'
import { idOf, NOW, NOW_US, newAccount, newProject, type PeopleCatalog } from './people.ts'

export function memberTests(catalog: () => PeopleCatalog): void {
  const [olga, mia, una] = ['olga', 'mia', 'una'].map(idOf) as [string, string, string]
  const project = (id: string) => catalog().createProject(newProject(id, olga))
  const add = (projectId: string, accountId: string, role: string) =>
    catalog().members.add({ projectId, accountId, role, sinceUs: NOW_US })

  before(async () => {
    for (const name of ['olga', 'mia', 'una']) await catalog().accounts.create(newAccount(name))
  })

  test('who makes a project owns it, and it is nobody else\u2019s', async () => {
    await project('members001')
    const access = await catalog().members.access(olga, 'members001')
    assert.deepEqual([access?.id, access?.role], ['members001', 'owner'])
    assert.deepEqual(access?.permissions, BUILT_IN_ROLES.owner)
    assert.equal(await catalog().members.access(mia, 'members001'), null)
    assert.equal(await catalog().members.access(olga, 'nosuchproj'), null)
    assert.deepEqual(await catalog().members.list('members001'), [
      { account: { id: olga, email: 'olga@example.org', name: 'olga' }, role: 'owner', since: NOW },
    ])
  })

  test('a person sees the projects of which they are a member, by name', async () => {
    await project('members002')
    await project('members003')
    assert.equal(await add('members003', una, 'viewer'), 'done')
    assert.equal(await add('members002', una, 'editor'), 'done')
    assert.equal(await add('members002', una, 'owner'), 'already')
    const accesses = await catalog().members.accesses(una)
    assert.deepEqual(
      accesses.map(({ id, role, permissions }) => [id, role, permissions.length]),
      [
        ['members002', 'editor', BUILT_IN_ROLES.editor.length],
        ['members003', 'viewer', BUILT_IN_ROLES.viewer.length],
      ],
    )
  })

  test('a role that the project does not have is refused', async () => {
    await project('members004')
    for (const role of ['administrator', 'Owner', 'toString', '']) {
      assert.equal(await add('members004', mia, role), 'unknown-role')
    }
    await add('members004', mia, 'viewer')
    const { members } = catalog()
    assert.equal(await members.change('members004', mia, 'administrator'), 'unknown-role')
    assert.equal(await members.change('members004', una, 'viewer'), 'unknown-member')
    assert.equal(await members.change('members004', mia, 'editor'), 'done')
    assert.equal((await members.access(mia, 'members004'))?.role, 'editor')
  })

  test('the last owner neither leaves nor becomes less, two at once neither', async () => {
    await project('members005')
    const { members } = catalog()
    assert.equal(await members.remove('members005', olga), 'last-owner')
    assert.equal(await members.change('members005', olga, 'viewer'), 'last-owner')
    assert.equal(await members.change('members005', olga, 'owner'), 'done')
    await add('members005', mia, 'owner')
    const both = [olga, mia].map(id => members.remove('members005', id))
    assert.deepEqual((await Promise.all(both)).sort(), ['done', 'last-owner'])
    assert.equal((await members.list('members005')).length, 1)
    assert.equal(await members.remove('members005', una), 'unknown-member')
  })

  test('an owner whose account is disabled does not count', async () => {
    await project('members006')
    await catalog().accounts.create(newAccount('gone'))
    await add('members006', idOf('gone'), 'owner')
    await catalog().accounts.update(idOf('gone'), { disabled: true }, NOW_US)
    assert.equal(await catalog().members.remove('members006', olga), 'last-owner')
    assert.equal(await catalog().members.remove('members006', idOf('gone')), 'done')
  })

  test('of two changes of a role that look at one state, one is undone', async () => {
    await project('members009')
    const { members } = catalog()
    await members.putRole('members009', 'auditor', ['logs.read'])
    const put = (permission: Permission) =>
      members.putRole('members009', 'auditor', [permission], now => {
        assert.deepEqual(now?.permissions, ['logs.read'])
      })
    const both = await Promise.allSettled([put('keys'), put('archive')])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const won: Permission = both[0].status === 'fulfilled' ? 'keys' : 'archive'
    const roles = await members.roles('members009')
    assert.deepEqual(roles.find(({ name }) => name === 'auditor')?.permissions, [won])
    await members.putRole('members009', 'new', [], now => assert.equal(now, null))
  })

  test('roles of a project\u2019s own, in no other project', async () => {
    await project('members007')
    await project('members008')
    const { members } = catalog()
    assert.equal(await members.putRole('members007', 'auditor', ['archive', 'logs.read']), 'done')
    assert.equal(await add('members008', mia, 'auditor'), 'unknown-role')
    assert.equal(await add('members007', mia, 'auditor'), 'done')
    const permissions = async () => (await members.access(mia, 'members007'))?.permissions
    assert.deepEqual(await permissions(), ['logs.read', 'archive'])
    const version = await catalog().version()
    await members.putRole('members007', 'auditor', ['logs.export'])
    assert.deepEqual(await permissions(), ['logs.export'])
    assert.ok((await catalog().version()) > version)
    const roles = await members.roles('members007')
    assert.deepEqual(
      roles.map(role => [role.name, role.built_in]),
      [
        ['owner', true],
        ['editor', true],
        ['viewer', true],
        ['auditor', false],
      ],
    )
    assert.equal(await members.removeRole('members007', 'auditor'), 'in-use')
    await members.remove('members007', mia)
    assert.equal(await members.removeRole('members007', 'auditor'), 'done')
    assert.equal(await members.removeRole('members007', 'auditor'), 'unknown-role')
    assert.equal(await members.removeRole('members007', 'owner'), 'built-in')
    assert.equal(await members.putRole('members007', 'viewer', ['logs.delete']), 'built-in')
  })
}
