/**
 * Nobody learns anything of a project that is not theirs: every route that is about a project
 * answers the same for somebody else's and for one that does not exist. `LOGBOY_REQUESTS=100000`
 * for the long run.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Route } from '#actors/http/http-server.ts'
import { apiRoutes } from './api-routes.ts'
import { apiWorld } from './testing/api-world.ts'

const REQUESTS = Number(process.env['LOGBOY_REQUESTS'] ?? 1_000)
const NOBODYS = 'zzzzzzzzzz'
const RANGE = { start_time: 0, end_time: 'now' }

/** What a body needs beside the project, by route: without it nothing would be asked. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /api/v1/logs/delete': RANGE,
  'POST /api/v1/logs/facets': { fields: ['service'] },
  'POST /api/v1/metrics/query': { name: 'requests', function: 'rate' },
  'POST /api/v1/alerts/rules': { rule: {} },
  'PUT /api/v1/alerts/rules/:rule': { rule: {} },
  'POST /api/v1/alerts/rules/import': { text: 'rules: []' },
}

interface Asked {
  readonly route: Route
  readonly who: 'person' | 'key' | 'token'
  readonly extra: Readonly<Record<string, unknown>>
  readonly part: string
}

test('a foreign project and none are told apart by nothing', async t => {
  const world = await apiWorld(t, 'node', [], 0)
  const { createProject, person, join, call, deps } = world
  const [own, foreign] = [await createProject('own'), await createProject('foreign')]
  const mallory = await person('mallory')
  await join(own.id, mallory.id, 'owner')
  const made = await call('POST', '/api/v1/tokens', { token: mallory.token, body: { name: 'x' } })
  const tokens = {
    person: mallory.token,
    key: own.read_key,
    token: String(made.json['token']),
  }
  const routes = apiRoutes(deps).filter(route => route.about?.who === 'member')
  assert.ok(routes.length > 20)
  const told = new Set<string>()

  const ask = async ({ route, who, extra, part }: Asked, project: string) => {
    const { method, path } = route
    const inPath = path.startsWith('/api/v1/projects/:id')
    const named = path
      .replace('/projects/:id', `/projects/${project}`)
      .replaceAll(/:\w+/g, encodeURIComponent(part))
    const hasBody = route.bodyBytesMax !== undefined
    const body = { ...(inPath ? {} : { project }), ...BODIES[nameOf(route)], ...extra }
    const query = hasBody || inPath ? '' : `?project=${project}`
    const reply = await call(method, named + query, {
      token: tokens[who],
      ...(hasBody ? { body } : {}),
    })
    return { status: reply.status, text: reply.text.replaceAll(project, 'PROJECT') }
  }

  const asked: fc.Arbitrary<Asked> = fc.record({
    route: fc.constantFrom(...routes),
    who: fc.constantFrom('person', 'key', 'token'),
    extra: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.constantFrom('query', 'limit', 'role', 'name', 'owner', 'start_time'),
          fc.oneof(fc.string(), fc.integer(), fc.constantFrom(foreign.id, own.id, 'owner', null)),
          { maxKeys: 2 },
        ),
      },
    ),
    part: fc.constantFrom('a', 'abcdefghijkl', foreign.id, '%', '../x'),
  })
  await fc.assert(
    fc.asyncProperty(asked, async each => {
      const [theirs, nobodys] = [await ask(each, foreign.id), await ask(each, NOBODYS)]
      assert.deepEqual(theirs, nobodys, nameOf(each.route))
      assert.ok(theirs.status >= 400 && theirs.status < 500, `${theirs.status} ${theirs.text}`)
      if (theirs.text.includes('LOGBOY_PROJECT_UNKNOWN')) told.add(nameOf(each.route))
    }),
    { numRuns: REQUESTS },
  )
  const untold = routes.map(nameOf).filter(name => !told.has(name))
  assert.deepEqual(untold, [], 'not asked well enough: give them a body above')
})

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`
}
