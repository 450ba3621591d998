import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { CatalogAwayError } from '#actors/catalog/catalog-away.ts'
import type { HttpDriverName } from '#actors/http/http-server.ts'
import { deferred } from '#actors/http/testing/deferred.ts'
import { DRIVERS } from '#actors/http/testing/drivers.ts'
import { StoreError } from '#actors/store/store-error.ts'
import { decodeTailToken } from '#actors/tail/tail-token.ts'
import { printQuery } from '#proto/query/print.ts'
import { formatTime } from '#proto/time.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { ADMIN_TOKEN, apiWorld, type Reply } from './testing/api-world.ts'

for (const driver of DRIVERS) suite(driver)

/** What the REST interface promises, over either driver. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('a search without wishes asks for the newest hundred of everything'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { id, read_key } = await createProject('shop')
    const reply = await call('POST', '/api/v1/logs/search', { token: read_key, body: {} })
    assert.equal(reply.status, 200)
    const [input] = store.searches
    assert.deepEqual(
      [input?.projectId, input?.limit, input?.offset, input?.order, input?.cursor],
      [id, 100, 0, 'desc', null],
    )
    assert.deepEqual([...(input?.include ?? [])].sort(), [
      'by_level',
      'by_service',
      'histogram',
      'logs',
      'total',
    ])
  })

  test(
    named('the reply carries rows as they are, and a token from which a tail goes on'),
    async t => {
      const { call, createProject } = await apiWorld(t, driver)
      const { read_key } = await createProject('shop')
      const { text, json } = await call('POST', '/api/v1/logs/search', {
        token: read_key,
        body: { limit: 10 },
      })
      assert.match(text, /"n":12345678901234567890\}/)
      assert.deepEqual([json['total'], json['next_cursor']], [1, null])
      assert.equal(typeof json['query_time_ms'], 'number')
      assert.equal(decodeTailToken(String(json['tail_token']))?.positions.at(0), 77)
    },
  )

  test(named('all wishes reach the store, levels in any case, times in any form'), async t => {
    const { call, createProject, store, clock } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const body = {
      query: 'timeout service:pay',
      services: ['a', 'b'],
      levels: ['error', 'Warn'],
      start_time: 'now-1h',
      end_time: '2026-01-01T00:00:00Z',
      ingested_start: 1_700_000_000,
      ingested_end: '1700000000123',
      limit: 5,
      order: 'asc',
      include: ['logs'],
      interval: '5m',
      aggregate: { fn: 'p95', field: 'duration_ms', by: 'service' },
    }
    assert.equal((await call('POST', '/api/v1/logs/search', { token: read_key, body })).status, 200)
    const [input] = store.searches
    assert.deepEqual(input?.levels, ['ERROR', 'WARN'])
    assert.equal(input.query.terms.length, 2)
    assert.equal(input.startUs, clock.nowUs() - 3_600_000_000)
    assert.equal(input.endUs, Date.UTC(2026, 0, 1) * 1000)
    assert.equal(input.ingestedStartUs, 1_700_000_000_000_000)
    assert.equal(input.ingestedEndUs, 1_700_000_000_123_000)
    assert.equal(input.intervalUs, 300_000_000)
    assert.deepEqual([input.cursor, input.order], [null, 'asc'])
    const [analysis] = store.analyses
    assert.deepEqual(analysis?.stages, [
      { type: 'summarize', measures: [{ fn: 'p95', field: 'duration_ms' }], by: ['service'] },
    ])
    assert.deepEqual(analysis.query, input.query)
  })

  test(
    named('a body that is not as documented is a clear 400, and nothing is searched'),
    async t => {
      const { call, createProject, store } = await apiWorld(t, driver)
      const { read_key } = await createProject('shop')
      const detail = async (body: unknown): Promise<string> => {
        const reply = await call('POST', '/api/v1/logs/search', { token: read_key, body })
        assert.equal(reply.status, 400, reply.text)
        return String(reply.json['detail'])
      }
      assert.match(await detail('{"limit":'), /not JSON/)
      assert.match(await detail('[1,2]'), /expected object/)
      assert.match(await detail({ limt: 5 }), /limt/)
      assert.match(await detail({ limit: 10_001 }), /limit.*10000/)
      assert.match(await detail({ limit: -1 }), /limit/)
      assert.match(await detail({ offset: 10_001 }), /offset/)
      assert.match(await detail({ levels: ['loud'] }), /levels.*unknown level/)
      assert.match(await detail({ start_time: 'yesterday' }), /start_time/)
      assert.match(await detail({ start_time: 'now', end_time: 'now-1h' }), /behind end_time/)
      assert.match(await detail({ cursor: 'a', offset: 3 }), /offset or a cursor/)
      assert.match(await detail({ query: '"never closed' }), /position/)
      assert.match(await detail({ query: 'x'.repeat(9_000) }), /query/)
      assert.match(await detail({ aggregate: { fn: 'avg' } }), /field/)
      assert.match(await detail({ interval: 'often' }), /interval/)
      assert.match(await detail({ include: ['everything'] }), /include/)
      assert.match(await detail('\x00'), /not JSON/)
      assert.deepEqual(store.searches, [])
    },
  )

  test(named('stages behind a bar answer a table'), async t => {
    const { call, createProject, store, clock } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const ask = (body: object) => call('POST', '/api/v1/logs/search', { token: read_key, body })
    const { status, json } = await ask({
      query: 'level:error | count by service | limit 5',
      start_time: 'now-1h',
    })
    assert.equal(status, 200)
    assert.deepEqual(json['table'], store.table)
    assert.deepEqual([json['total'], json['logs'], json['next_cursor']], [3, [], null])
    assert.equal(typeof json['tail_token'], 'string')
    const [analysis] = store.analyses
    assert.equal(analysis?.startUs, clock.nowUs() - 3_600_000_000)
    assert.equal(analysis.query.terms.length, 1)
    assert.deepEqual(
      analysis.stages.map(({ type }) => type),
      ['summarize', 'limit'],
    )
    for (const more of [{ cursor: 'x' }, { offset: 5 }, { aggregate: { fn: 'count' } }]) {
      const refused = await ask({ query: '| count', ...more })
      assert.equal(refused.status, 400)
      assert.match(String(refused.json['detail']), /neither cursor, offset nor aggregate/)
    }
    assert.deepEqual(store.searches, [])
  })

  test(named('fields make rows of some values, limit makes one page'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const ask = (query: string) =>
      call('POST', '/api/v1/logs/search', { token: read_key, body: { query } })
    store.result = { ...store.result, logs: ['["one",1]'], next_cursor: 'next' }
    const { json } = await ask('x | fields message, n')
    assert.deepEqual(json['table'], {
      columns: [
        { name: 'message', type: 'json' },
        { name: 'n', type: 'json' },
      ],
      rows: [['one', 1]],
      truncated: false,
    })
    assert.deepEqual(json['logs'], [])
    assert.match(String(json['next_cursor']), /next$/)
    assert.deepEqual(store.searches[0]?.fields, ['message', 'n'])
    const limited = await ask('x | limit 7')
    assert.deepEqual([limited.json['next_cursor'], limited.json['table']], [null, undefined])
    assert.deepEqual([store.searches[1]?.limit, store.searches[1]?.fields], [7, null])
  })

  test(named('a query that cannot be read is a 400 that tells where and what instead'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const ask = (query: string) =>
      call('POST', '/api/v1/logs/search', { token: read_key, body: { query } })
    const { status, json } = await ask('a x:> 5')
    const { position, length, expected, suggestion } = json
    assert.equal(status, 400)
    assert.deepEqual(
      { code: json['code'], position, length, expected, suggestion },
      {
        code: 'LOGBOY_BAD_QUERY',
        position: 4,
        length: 1,
        expected: 'a number, a time or a text right behind the sign',
        suggestion: 'a x:>5',
      },
    )
    for (const query of [
      Array(2_500).fill('x').join(' OR '),
      Array(1_600).fill('x').join(' OR '),
      'x'.repeat(200_000),
      '('.repeat(5_000),
      '/(a{99}){99}/',
      'x:(',
      '-',
    ]) {
      const reply = await ask(query)
      assert.deepEqual(
        [reply.status, reply.json['code']],
        [400, 'LOGBOY_BAD_QUERY'],
        query.slice(9),
      )
      assert.ok(reply.text.length < 1_000 + 2 * query.length)
    }
    const megabyte = await ask('x'.repeat(1_000_000))
    assert.equal(megabyte.status, 413)
    assert.deepEqual(store.searches, [])
  })

  test(
    named('times in a query mean now, and those of the project, and narrow the search'),
    async t => {
      const { call, createProject, store, clock } = await apiWorld(t, driver)
      const { read_key } = await createProject('shop')
      const body = {
        query: 'a time:>=now-15m time:<2026-01-02 (time:>now-1m OR b) ingested_at:>1700000000',
        start_time: 'now-1h',
      }
      assert.equal(
        (await call('POST', '/api/v1/logs/search', { token: read_key, body })).status,
        200,
      )
      const [input] = store.searches
      assert.equal(input?.startUs, clock.nowUs() - 900_000_000)
      assert.equal(input.endUs, Date.UTC(2026, 0, 2) * 1_000)
      assert.equal(input.ingestedStartUs, 1_700_000_000_000_001)
      const minuteAgo = formatTime(clock.nowUs() - 60_000_000)
      assert.equal(printQuery(input.query), `a (time:>${minuteAgo} OR b)`)
    },
  )

  test(named('an answer without logs tells of fields that no log has'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    store.result = { ...store.result, total: 0, logs: [] }
    const ask = async (query: string): Promise<unknown> => {
      store.searches.length = 0
      const body = { query, levels: ['error'] }
      const reply = await call('POST', '/api/v1/logs/search', { token: read_key, body })
      assert.equal(reply.status, 200)
      return reply.json['hints']
    }
    assert.deepEqual(await ask('statsu:500 -Service:api'), [
      'no log of this time has the field statsu',
      'no log of this time has the field Service; did you mean service',
    ])
    const [, asked] = store.searches
    assert.deepEqual(asked?.query.terms, [{ type: 'exists', field: 'statsu' }])
    assert.deepEqual([asked.levels, asked.limit, [...asked.include]], [[], 1, ['logs']])
    assert.equal(await ask('nothing'), undefined)
    assert.equal(store.searches.length, 1, 'nobody asks where no field is named')
  })

  test(named('what is too dear for the store is a 400, not a passing fault'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    store.failure = new StoreError('LOGBOY_QUERY_TOO_DEAR', 'too complex')
    const { status, json } = await call('POST', '/api/v1/logs/search', {
      token: read_key,
      body: {},
    })
    assert.deepEqual([status, json['code']], [400, 'LOGBOY_QUERY_TOO_DEAR'])
  })

  test(named('a key sees its own project and no other, a session has to name one'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const mine = await createProject('mine')
    const other = await createProject('other')
    const search = async (token: string, project?: string): Promise<[number, unknown]> => {
      const body = project === undefined ? {} : { project }
      const reply = await call('POST', '/api/v1/logs/search', { token, body })
      return [reply.status, reply.json['code']]
    }
    assert.deepEqual(await search(mine.read_key, other.id), [404, 'LOGBOY_PROJECT_UNKNOWN'])
    assert.deepEqual(await search(mine.read_key, 'nothing000'), [404, 'LOGBOY_PROJECT_UNKNOWN'])
    assert.deepEqual(await search(mine.ingest_key), [403, 'LOGBOY_SCOPE_MISSING'])
    assert.deepEqual(await search('lb_nobody'), [401, 'LOGBOY_KEY_UNKNOWN'])
    assert.deepEqual(await search(ADMIN_TOKEN), [400, 'LOGBOY_BAD_REQUEST'])
    assert.deepEqual(await search(ADMIN_TOKEN, 'nothing000'), [404, 'LOGBOY_PROJECT_UNKNOWN'])
    assert.equal(store.searches.length, 0)
    assert.equal((await search(mine.read_key, mine.id))[0], 200)
    assert.equal((await search(ADMIN_TOKEN, other.id))[0], 200)
    assert.deepEqual(
      store.searches.map(({ projectId }) => projectId),
      [mine.id, other.id],
    )
    const nobody = await call('POST', '/api/v1/logs/search', { body: {} })
    assert.deepEqual([nobody.status, nobody.json['code']], [401, 'LOGBOY_SESSION_MISSING'])
  })

  test(named('a search is cancelled when its caller goes away'), async t => {
    const { port, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const gate = deferred()
    store.gate = gate.promise
    const headers = { authorization: `Bearer ${read_key}` }
    const path = '/api/v1/logs/search'
    const request = httpRequest({ port, path, method: 'POST', headers }).on('error', () => {})
    request.end('{}')
    while (store.signals.length === 0) await nextRound()
    const aborted = new Promise(resolve => store.signals[0]?.addEventListener('abort', resolve))
    request.destroy()
    await aborted
    gate.resolve()
  })

  test(named('a page goes on with the question of the page before, and no other'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key: token } = await createProject('shop')
    store.result = { ...store.result, next_cursor: 'of the store' }
    const ask = (body: object) => call('POST', '/api/v1/logs/search', { token, body })
    const { next_cursor: cursor } = (await ask({ query: 'a', levels: ['warn'] })).json
    const next = await ask({ query: 'a', levels: ['WARN'], limit: 7, cursor })
    assert.equal(next.status, 200)
    assert.equal(store.searches[1]?.cursor, 'of the store')
    for (const other of [{ query: 'b' }, { query: 'a', order: 'asc' }, { query: 'a' }]) {
      const reply = await ask({ ...other, cursor })
      assert.deepEqual([reply.status, reply.json['code']], [400, 'LOGBOY_BAD_REQUEST'])
    }
    assert.equal(store.searches.length, 2)
  })

  test(named('who asks too often is told when to come back; others are not slowed'), async t => {
    const { call, createProject, clock } = await apiWorld(t, driver)
    const { read_key: token } = await createProject('shop')
    const other = await createProject('other')
    const ask = (key = token) => call('GET', '/api/v1/session', { token: key })
    const told = ({ headers }: Reply): (string | null)[] =>
      ['limit', 'remaining', 'reset', 'policy'].map(name => headers.get(`ratelimit-${name}`))
    assert.deepEqual(told(await ask()), ['200', '199', '1', '200;w=10'])
    for (let left = 198; left >= 0; left--) {
      assert.equal((await ask()).headers.get('ratelimit-remaining'), String(left))
    }
    const over = await ask()
    assert.deepEqual([over.status, over.json['code']], [429, 'LOGBOY_TOO_MANY_REQUESTS'])
    assert.deepEqual(told(over), ['200', '0', '10', '200;w=10'])
    assert.equal(over.headers.get('retry-after'), '1')
    assert.equal((await ask(other.read_key)).status, 200)
    clock.advance(1_000)
    assert.deepEqual(told(await ask()), ['200', '19', '10', '200;w=10'])
  })

  test(named('a query that takes too long is stopped, and says what to narrow'), async t => {
    const { call, createProject, store, clock } = await apiWorld(t, driver)
    const { read_key: token } = await createProject('shop')
    const gate = deferred()
    store.gate = gate.promise
    const asked = call('POST', '/api/v1/logs/search', { token, body: {} })
    while (store.signals.length === 0) await nextRound()
    clock.advance(30_000)
    assert.equal(store.signals[0]?.aborted, true)
    gate.resolve()
    const { status, json } = await asked
    assert.deepEqual([status, json['code']], [400, 'LOGBOY_QUERY_TOO_DEAR'])
    assert.match(String(json['detail']), /longer than 30 s.*narrow the time range/)
  })

  test(named('a project has so many queries at once; those of another do not wait'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key: token } = await createProject('shop')
    const other = await createProject('other')
    const gate = deferred()
    store.gate = gate.promise
    const ask = (key = token) => call('POST', '/api/v1/logs/search', { token: key, body: {} })
    // Two run, sixteen wait, and one more is too many.
    const asked = Array.from({ length: 19 }, () => ask())
    const refused = await Promise.race(asked)
    assert.deepEqual([refused.status, refused.json['code']], [429, 'LOGBOY_TOO_MANY_QUERIES'])
    assert.equal(store.searches.length, 2)
    const others = ask(other.read_key)
    while (store.searches.length < 3) await nextRound()
    assert.equal(store.searches[2]?.projectId, other.id)
    gate.resolve()
    const statuses = await Promise.all([others, ...asked].map(async reply => (await reply).status))
    assert.equal(statuses.filter(status => status === 200).length, 19)
  })

  test(named('what the store cannot do is told with its reason'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { read_key } = await createProject('shop')
    const search = (): Promise<Reply> =>
      call('POST', '/api/v1/logs/search', { token: read_key, body: {} })
    store.failure = new StoreError('LOGBOY_SEARCH_BUSY', 'too many searches')
    const busy = await search()
    assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '1'])
    store.failure = new StoreError('LOGBOY_CURSOR_INVALID', 'no such cursor')
    assert.equal((await search()).status, 400)
  })

  test(named('the newest logs and a single one are found by GET'), async t => {
    const { call, createProject, store } = await apiWorld(t, driver)
    const { id, read_key: token } = await createProject('shop')
    const recent = await call('GET', '/api/v1/logs/recent?limit=3&level=error,warn', { token })
    assert.equal(recent.status, 200)
    assert.deepEqual(store.searches[0]?.levels, ['ERROR', 'WARN'])
    assert.deepEqual([store.searches[0].limit, [...store.searches[0].include]], [3, ['logs']])
    assert.equal((await call('GET', '/api/v1/logs/recent?limit=x', { token })).status, 400)
    assert.equal((await call('GET', '/api/v1/logs/recent?level=loud', { token })).status, 400)
    store.rows.set(`${id}/some-row`, '{"id":"some-row","n":12345678901234567890}')
    const row = await call('GET', '/api/v1/logs/some-row', { token })
    assert.equal(row.text, '{"id":"some-row","n":12345678901234567890}')
    assert.equal((await call('GET', '/api/v1/logs/other-row', { token })).status, 404)
  })

  test(named('projects and keys are made, listed, changed and revoked'), async t => {
    const { call } = await apiWorld(t, driver)
    const token = ADMIN_TOKEN
    const created = await call('POST', '/api/v1/projects', { token, body: { name: 'shop' } })
    assert.equal(created.status, 201)
    const { id, name, ingest_key, read_key } = created.json
    assert.match(String(id), /^[a-z0-9]{10}$/)
    assert.equal(name, 'shop')
    assert.match(`${String(ingest_key)} ${String(read_key)}`, /^lb_[a-z0-9]{12}_\S{43} lb_\S+$/)
    const taken = await call('POST', '/api/v1/projects', { token, body: { name: 'shop' } })
    assert.deepEqual([taken.status, taken.json['code']], [409, 'LOGBOY_NAME_TAKEN'])
    assert.equal((await call('POST', '/api/v1/projects', { token, body: {} })).status, 400)
    const keysPath = `/api/v1/projects/${String(id)}/keys`
    const key = await call('POST', keysPath, { token, body: { name: 'ci', scopes: ['read'] } })
    assert.equal(key.status, 201)
    const text = String(key.json['key'])
    const keyed = { token: text }
    assert.equal((await call('GET', '/api/v1/logs/recent', keyed)).status, 200)
    const listed = await call('GET', keysPath, { token })
    assert.equal((listed.json['keys'] as unknown[]).length, 3)
    assert.ok(!listed.text.includes(text))
    const keyPath = `${keysPath}/${String(key.json['id'])}`
    assert.equal((await call('DELETE', keyPath, { token })).status, 204)
    const revoked = await call('GET', '/api/v1/logs/recent', keyed)
    assert.deepEqual([revoked.status, revoked.json['code']], [401, 'LOGBOY_KEY_REVOKED'])
    assert.equal((await call('DELETE', `${keysPath}/nokey`, { token })).status, 404)
    const change = await call('PATCH', `/api/v1/projects/${String(id)}`, {
      token,
      body: { retention_days: 7 },
    })
    assert.equal(change.json['retention_days'], 7)
  })

  test(
    named('times without a zone are those of the project; zones that do not exist are refused'),
    async t => {
      const { call, createProject, store } = await apiWorld(t, driver)
      const { id, read_key } = await createProject('shop')
      const path = `/api/v1/projects/${id}`
      const change = (time_zone: string) =>
        call('PATCH', path, { token: ADMIN_TOKEN, body: { time_zone } })
      assert.equal((await change('europe/berlin')).json['time_zone'], 'Europe/Berlin')
      const refused = await change('Mars/Olympus')
      assert.equal(refused.status, 400)
      assert.match(String(refused.json['detail']), /unknown time zone Mars\/Olympus/)
      const body = {
        start_time: '2026-07-01 12:00:00',
        end_time: '2026-07-01T12:00:00Z',
        project: id,
      }
      for (const token of [read_key, ADMIN_TOKEN]) {
        await call('POST', '/api/v1/logs/search', { token, body })
        const { startUs, endUs } = store.searches.at(-1) ?? { startUs: 0, endUs: 0 }
        assert.deepEqual(
          [startUs, endUs].map(us => new Date(us / 1_000).getUTCHours()),
          [10, 12],
        )
      }
    },
  )

  test(named('a project key cannot administer anything'), async t => {
    const { call, createProject } = await apiWorld(t, driver)
    const { id, read_key: token } = await createProject('shop')
    await createProject('other')
    for (const [method, path] of [
      ['POST', '/api/v1/projects'],
      ['PATCH', `/api/v1/projects/${id}`],
      ['GET', `/api/v1/projects/${id}/keys`],
      ['POST', `/api/v1/projects/${id}/keys`],
      ['DELETE', `/api/v1/projects/${id}/keys/x`],
      ['GET', '/api/v1/system/actors'],
      ['POST', '/api/v1/system/flush'],
      ['POST', '/api/v1/sessions/tickets'],
    ] as const) {
      const reply = await call(method, path, { token })
      assert.deepEqual([reply.status, reply.json['code']], [403, 'LOGBOY_FORBIDDEN'], path)
    }
    const { json } = await call('GET', '/api/v1/projects', { token })
    assert.deepEqual(
      (json['projects'] as { id: string }[]).map(project => project.id),
      [id],
    )
  })

  test(
    named('with the catalog away changes are refused, and told whether they may be made'),
    async t => {
      const { call, catalog } = await apiWorld(t, driver)
      const create = async (mayHaveHappened: boolean) => {
        const away = new CatalogAwayError('away', { mayHaveHappened })
        catalog.createProject = () => Promise.reject(away)
        const body = { name: 'shop' }
        const reply = await call('POST', '/api/v1/projects', { token: ADMIN_TOKEN, body })
        assert.deepEqual([reply.status, reply.json['code']], [503, 'LOGBOY_CATALOG_AWAY'])
        assert.equal(reply.headers.get('retry-after'), '1')
        return String(reply.json['detail'])
      }
      assert.match(await create(false), /nothing was changed/)
      assert.match(await create(true), /look whether it was/)
    },
  )

  test(named('a ticket signs a browser in once, with a cookie no script can read'), async t => {
    const { call, createProject, url } = await apiWorld(t, driver)
    const { id } = await createProject('shop')
    const issued = await call('POST', '/api/v1/sessions/tickets', { token: ADMIN_TOKEN })
    const link = new URL(String(issued.json['url']))
    assert.equal(link.origin, 'https://logs.example')
    const headers = { origin: url, 'sec-fetch-site': 'same-origin' }
    const body = { ticket: link.searchParams.get('ticket') }
    const signedIn = await call('POST', '/api/v1/sessions', { headers, body })
    assert.equal(signedIn.status, 200)
    const [cookie = ''] = signedIn.headers.getSetCookie()
    assert.match(cookie, /^logboy_session=\S+; Path=\/; HttpOnly; SameSite=Strict; Expires=/)
    assert.match(cookie, /; Secure$/, 'TLS ends at a proxy: people come by https')
    const again = await call('POST', '/api/v1/sessions', { headers, body })
    assert.deepEqual([again.status, again.json['code']], [401, 'LOGBOY_SIGN_IN_FAILED'])
    const session = { ...headers, cookie: cookie.split(';')[0] as string }
    const whoAmI = await call('GET', '/api/v1/session', { headers: session })
    assert.deepEqual(whoAmI.json, { role: 'administrator' })
    const search = { headers: session, body: { project: id } }
    assert.equal((await call('POST', '/api/v1/logs/search', search)).status, 200)
    const out = await call('DELETE', '/api/v1/session', { headers: session })
    assert.equal(out.status, 204)
    assert.match(
      out.headers.getSetCookie()[0] ?? '',
      /^logboy_session=; .*Expires=Thu, 01 Jan 1970/,
    )
    assert.equal((await call('GET', '/api/v1/session', { headers: session })).status, 401)
  })

  test(named("another site's page cannot use the session of a browser"), async t => {
    const { call, sessions, url, store } = await apiWorld(t, driver)
    const { token } = await sessions.open()
    const cookie = `other=1; logboy_session=${token}`
    const code = async (method: string, headers: Record<string, string>): Promise<unknown> => {
      const path = method === 'GET' ? '/api/v1/session' : '/api/v1/projects'
      const body = method === 'GET' ? {} : { body: { name: 'x' } }
      const reply = await call(method, path, { headers: { cookie, ...headers }, ...body })
      return reply.status < 300 ? reply.status : reply.json['code']
    }
    const foreign = { origin: 'https://evil.example' }
    assert.equal(await code('POST', foreign), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('POST', { 'sec-fetch-site': 'cross-site' }), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('POST', { 'sec-fetch-site': 'same-site' }), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('POST', { origin: 'null' }), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('POST', {}), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('GET', foreign), 'LOGBOY_CROSS_ORIGIN')
    assert.equal(await code('POST', { origin: url }), 201)
    assert.equal(await code('GET', {}), 200)
    const login = { headers: foreign, body: { token: ADMIN_TOKEN } }
    assert.equal((await call('POST', '/api/v1/sessions', login)).status, 403)
    assert.equal(store.searches.length, 0)
  })

  test(named('operators see health, readiness and metrics without a key'), async t => {
    const { call, state } = await apiWorld(t, driver)
    assert.deepEqual((await call('GET', '/health')).json, { status: 'ok', version: '9.9.9' })
    assert.deepEqual((await call('GET', '/ready')).json, { ready: true })
    state.troubles = ['hints-away']
    const degraded = await call('GET', '/ready')
    assert.equal(degraded.status, 200, 'it goes on, and says what it does without')
    assert.match(String(degraded.json['degraded']), /^Redis is away/)
    state.notReady = 'the disk is full'
    const notReady = await call('GET', '/ready')
    assert.deepEqual([notReady.status, notReady.json['detail']], [503, 'the disk is full'])
    assert.equal((await call('GET', '/ready?for=query')).status, 200)
    const metrics = await call('GET', '/metrics')
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(metrics.text, /logboy_test/)
    assert.equal((await call('GET', '/api/v1/system/actors')).status, 401)
    await call('POST', '/api/v1/system/flush', { token: ADMIN_TOKEN })
    assert.equal(state.flushes, 1)
  })
}
