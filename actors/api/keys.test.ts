/** Keys: their limits, their replacement, and those that sign. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ProjectKeyCreated } from '#proto/api.ts'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const project = await api.createProject('shop')
  const ask = (method: string, path: string, body?: unknown) =>
    api.call(method, `/api/v1/projects/${project.id}${path}`, {
      token: ADMIN_TOKEN,
      ...(body === undefined ? {} : { body }),
    })
  const create = async (body: object): Promise<ProjectKeyCreated> =>
    JSON.parse((await ask('POST', '/keys', body)).text) as ProjectKeyCreated
  return { ...api, project, ask, create }
}

test('a rotated key goes on for the overlap, and its heir has what it had', async t => {
  const { ask, create, keys, clock } = await world(t)
  const old = await create({ name: 'deploy', scopes: ['read'], records_per_second: 7 })
  const reply = await ask('POST', `/keys/${old.id}/rotate`, { overlap_seconds: 60 })
  assert.equal(reply.status, 201)
  const fresh = JSON.parse(reply.text) as ProjectKeyCreated
  assert.notEqual(fresh.key, old.key)
  assert.partialDeepStrictEqual(fresh, { name: 'deploy', scopes: ['read'], records_per_second: 7 })
  assert.equal((await keys.verify(old.key)).type, 'verified')
  assert.equal((await keys.verify(fresh.key)).type, 'verified')
  clock.advance(61_000)
  assert.equal((await keys.verify(old.key)).type, 'expired')
  assert.equal((await keys.verify(fresh.key)).type, 'verified')
  assert.equal((await ask('POST', `/keys/${old.id}/rotate`, {})).status, 404)
  assert.equal((await ask('POST', '/keys/abcdefghijkl/rotate', {})).status, 404)
})

test('an overlap never lengthens the life of a key, and none ends it at once', async t => {
  const { ask, create, keys, clock } = await world(t)
  const short = await create({ expires_in: 10 })
  await ask('POST', `/keys/${short.id}/rotate`, { overlap_seconds: 1_000 })
  clock.advance(11_000)
  assert.equal((await keys.verify(short.key)).type, 'expired')
  const leaked = await create({})
  await ask('POST', `/keys/${leaked.id}/rotate`, { overlap_seconds: 0 })
  assert.equal((await keys.verify(leaked.key)).type, 'expired')
})

test('limits, name and end of a key change at once; a revoked one cannot be changed', async t => {
  const { ask, create, keys, clock } = await world(t)
  const key = await create({})
  const change = { name: 'other', bytes_per_second: 5, expires_in: 100 }
  const changed = await ask('PATCH', `/keys/${key.id}`, change)
  assert.partialDeepStrictEqual(changed.json, { name: 'other', bytes_per_second: 5 })
  const verdict = await keys.verify(key.key)
  assert.ok(verdict.type === 'verified')
  assert.deepEqual(verdict.key.own, { recordsPerSecond: 0, bytesPerSecond: 5 })
  await ask('PATCH', `/keys/${key.id}`, { expires_in: null })
  clock.advance(200_000)
  assert.equal((await keys.verify(key.key)).type, 'verified')
  await ask('DELETE', `/keys/${key.id}`)
  assert.equal((await ask('PATCH', `/keys/${key.id}`, { name: 'again' })).status, 404)
})

test('the secret of a signing key is kept sealed, told once, and good for nothing else', async t => {
  const { ask, create, keys, catalog } = await world(t)
  const key = await create({ kind: 'signing' })
  assert.match(key.key, /^lbs_/)
  assert.deepEqual([key.kind, key.scopes], ['signing', ['ingest']])
  assert.equal((await keys.verify(`lb_${key.id}_${key.key.slice(4)}`)).type, 'unknown')
  const signing = await keys.signing(key.id)
  assert.ok(signing.type === 'verified')
  assert.equal(Buffer.from(signing.secret).toString(), key.key)
  const sealed = Buffer.from((await catalog.key(key.id))?.sealedSecret ?? [])
  assert.ok(sealed.length > 0 && !sealed.includes(key.key.slice(4)))
  const listed = (await ask('GET', '/keys')).text
  assert.ok(listed.includes(key.id) && !listed.includes(key.key))
  assert.equal((await ask('POST', '/keys', { kind: 'signing', scopes: ['read'] })).status, 400)
  const bearer = await create({})
  assert.equal((await keys.signing(bearer.id)).type, 'unknown')
})

test('quotas come with their use; keys are shown to those who may see them', async t => {
  const { call, ask, create, person, catalog, project, ingest, clock } = await world(t)
  const key = await create({ name: 'edge', records_per_second: 9 })
  for (let second = 0; second < 60; second++) {
    ingest.use.took(project.id, key.id, { records: 60, bytes: 600 })
    clock.advance(1_000)
    await Promise.resolve()
  }
  const changed = await ask('PATCH', '/quotas', { records_per_second: 100 })
  assert.equal(changed.json['records_per_second'], 100)
  assert.partialDeepStrictEqual(changed.json['use'], { records_per_second: 60 })
  const viewer = await person('vera')
  const { id: projectId } = project
  await catalog.members.add({ projectId, accountId: viewer.id, role: 'viewer', sinceUs: 1 })
  const path = `/api/v1/projects/${project.id}/quotas`
  const seen = await call('GET', path, { token: viewer.token })
  assert.deepEqual(seen.json['keys'], [])
  const refused = await call('PATCH', path, { token: viewer.token, body: {} })
  assert.equal(refused.status, 403)
  const keys = (await ask('GET', '/quotas')).json['keys'] as { id: string }[]
  assert.partialDeepStrictEqual(
    keys.find(({ id }) => id === key.id),
    { name: 'edge', records_per_second: 9, use: { records_per_second: 60 } },
  )
})
