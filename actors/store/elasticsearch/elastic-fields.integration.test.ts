import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { AnalysisInput, SearchPlanInput } from '#actors/store/store.ts'
import type { AttributeValue, PlainLog } from '#actors/store/testing/random-logs.ts'
import { analysisOf, searchAll } from '#actors/store/testing/random-searches.ts'
import { NEVER, PROJECT, Rig } from '#actors/store/testing/store-rig.ts'
import { QUERY_DEPTH_MAX, QUERY_TERMS_MAX } from '#proto/limits.ts'
import { type Measure, NUMBER_FUNCTIONS } from '#proto/query/analysis.ts'
import type { Query } from '#proto/query/tree.ts'
import { parseQuery } from '#proto/query.ts'
import { fold, tokenize } from '#proto/tokens.ts'
import { seededRandom } from '#runtime/random.ts'
import { analysis, MESSAGE_ANALYZER } from './analyzer.ts'
import type { ElasticStore, ElasticStoreOptions } from './elastic-store.ts'
import { ATTRIBUTE_FIELDS_MAX } from './index-template.ts'
import { QUANTILE_LIMITS, type QuantileLimits } from './quantiles-asked.ts'
import type { Storage } from './storage.ts'
import { type ElasticWorld, inElasticWorld, openTestPool } from './testing/elastic-world.ts'

const address = process.env['ELASTICSEARCH_URL']
const STORAGES: readonly Storage[] = [
  { mode: 'logsdb', source: 'synthetic' },
  { mode: 'standard', source: 'stored' },
]
const WAYS_TO_QUANTILES: readonly [how: string, limits: Partial<QuantileLimits>][] = [
  ['out of windows', { windowSampleRows: 285 }],
  ['out of cells', { sampleRows: 60, cellsMax: 10 }],
  ['out of all numbers', {}],
  ['by a script', { readRowsMax: 0 }],
]
/** How many it takes, which shows that it is the way that was taken. */
const QUESTIONS: Readonly<Record<string, number>> = {
  'out of windows': 7,
  'out of cells': 5,
  'out of all numbers': 3,
  'by a script': 4,
}

if (address === undefined) {
  test('fields in Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  for (const storage of STORAGES) {
    describe(`fields in Elasticsearch, source ${storage.source}`, () => {
      const pool = openTestPool()
      after(() => pool.close())
      const inRig = (
        body: (rig: Rig, world: ElasticWorld) => Promise<void>,
        options: Partial<ElasticStoreOptions> = {},
      ): Promise<void> =>
        inElasticWorld(
          address,
          pool,
          async world => {
            const rig = await Rig.open(world, seededRandom(1))
            await body(rig, world)
            await rig.close()
          },
          { storage, ...options },
        )

      test('one key with values of every type is found, counted and given back as it was', () =>
        inRig(async rig => {
          const values: AttributeValue[] = [
            1,
            1.5,
            'one',
            true,
            null,
            ['a', 2],
            200,
            '200',
            '1.5',
            'TRUE',
            1e21,
            0,
          ]
          for (const value of values) await rig.appendLogs(PROJECT, [logWith([['key', value]])])
          await rig.appendLogs(
            PROJECT,
            values.map(value => logWith([['key', value]])),
          )
          await rig.compare(searchAll(PROJECT))
          for (const value of ['1', '1.0', '1.5', 'ONE', 'true', '200', 'a', '2', '1e21', '0']) {
            await rig.compare(searchAll(PROJECT, { query: keyIs('key', value) }))
          }
          const measures: Measure[] = NUMBER_FUNCTIONS.map(fn => ({ fn, field: 'key' }))
          await rig.compareAnalysis(groupedBy('key', [{ fn: 'count' }, ...measures]))
          await rig.compareAnalysis(groupedBy(null, measures))
          const { misfits } = (rig.store as ElasticStore).observe()
          assert.ok((misfits as number) > 0, 'they are counted')
        }))

      test('a key is none because another one goes on behind a dot', () =>
        inRig(async rig => {
          const [long, value] = ['user.name', 'x'.repeat(9_000)]
          await rig.appendLogs(PROJECT, [logWith([['user.id', 'u1']]), logWith([[long, value]])])
          for (const field of ['user', 'user.id', 'user.name', 'us']) {
            const exists = { type: 'exists', field } as const
            const isAbsent = { type: 'not', term: exists } as const
            await rig.compare(searchAll(PROJECT, { query: { terms: [exists] } }))
            await rig.compare(searchAll(PROJECT, { query: { terms: [isAbsent] } }))
          }
        }))

      test('quantiles of more numbers than may be held or read are refused, averages are not', () =>
        inRig(
          async rig => {
            const logs = [1, 2, 3, 4].map(value => logWith([['key', value]]))
            await rig.appendLogs(PROJECT, logs.slice(1))
            const median = groupedBy(null, [{ fn: 'p50', field: 'key' }])
            await rig.compareAnalysis(median)
            await rig.appendLogs(PROJECT, logs.slice(0, 1))
            await assert.rejects(rig.compareAnalysis(median), { code: 'LOGBOY_QUERY_TOO_DEAR' })
            await rig.compareAnalysis(groupedBy(null, [{ fn: 'avg', field: 'key' }]))
          },
          { quantileLimits: { ...QUANTILE_LIMITS, readRowsMax: 3, scriptNumbersMax: 3 } },
        ))

      for (const [how, limits] of WAYS_TO_QUANTILES) {
        test(`quantiles ${how} are those of all numbers`, () =>
          inRig(
            async rig => {
              const random = seededRandom(3)
              const logs = Array.from({ length: 700 }, (_, i) => {
                const number = [random.below(4), random.unit() * 1_000 - 500, 7][i % 3] as number
                const attributes = {
                  key: number,
                  text: `t${i % 2}`,
                  rare: i < 2 ? i : undefined,
                  wide: i % 10 === 9 ? undefined : random.unit(),
                }
                return logWith(
                  Object.entries(attributes).flatMap(([key, value]) =>
                    value === undefined ? [] : [[key, value] as const],
                  ),
                )
              })
              await rig.appendLogs(PROJECT, logs)
              const quantiles = (field: string): Measure[] =>
                (['p50', 'p75', 'p99', 'avg'] as const).map(fn => ({ fn, field }))
              const measures = [...quantiles('key'), ...quantiles('rare')]
              for (const by of [null, 'text', 'service', 'key']) {
                await rig.compareAnalysis(groupedBy(by, measures))
                await rig.compareAnalysis(groupedBy(by, quantiles('wide')))
              }
              const { explain } = await rig.store.analyse(groupedBy(null, quantiles('wide')), NEVER)
              assert.equal(explain['pages'], QUESTIONS[how])
              // From now on a column does not say it all.
              await rig.appendLogs(PROJECT, [logWith([['key', 2 ** 60]]), logWith([['text', 5]])])
              await rig.compareAnalysis(groupedBy('text', measures))
            },
            { quantileLimits: { ...QUANTILE_LIMITS, ...limits } },
          ))
      }

      test('a list too long to be searched is there, has no number and is in no group', () =>
        inRig(async rig => {
          const long = Array.from({ length: 3_000 }, (_, i) => i)
          const same = Array.from({ length: 5_000 }, () => 3)
          const text = ['x'.repeat(9_000)]
          for (const value of [long, same, text, 7, 2 ** 60]) {
            await rig.appendLogs(PROJECT, [logWith([['key', value]])])
          }
          await rig.compareAnalysis(groupedBy(null, [{ fn: 'p50', field: 'key' }]))
          await rig.compareAnalysis(groupedBy('key'))
          await rig.compare(searchAll(PROJECT))
          for (const asked of ['key:*', '-key:*', 'key:3']) {
            const parsed = parseQuery(asked)
            assert.ok(parsed.type === 'query')
            await rig.compare(searchAll(PROJECT, { query: parsed.query }))
          }
        }))

      test('keys beyond the cap have no field, and are found all the same', () =>
        inRig(async rig => {
          const keys = Array.from({ length: ATTRIBUTE_FIELDS_MAX + 60 }, (_, i) => `key${i}`)
          for (const half of [keys.slice(0, 300), keys.slice(300)]) {
            await rig.appendLogs(
              PROJECT,
              half.map((key, i) => logWith([[key, i % 2 === 0 ? i : `text ${i}`]])),
            )
          }
          await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
          for (const [key, value] of [
            ['key0', '0'],
            ['key571', 'TEXT 271'],
            ['key570', '270'],
          ] as const) {
            const found = await rig.compare(searchAll(PROJECT, { query: keyIs(key, value) }))
            assert.equal(found.length, 1, key)
          }
        }))

      test('odd keys, and one that is the beginning of another', () =>
        inRig(async rig => {
          const keys = ['a', 'a.b', 'a.b.c', '.a', 'a..b', 'a ', '*', 'größe', '"q"', "it's", '\\n']
          const attributes = (value: AttributeValue) => keys.map(key => [key, value] as const)
          await rig.appendLogs(PROJECT, [logWith(attributes(7)), logWith(attributes('seven'))])
          await rig.compare(searchAll(PROJECT))
          for (const key of keys) {
            for (const value of ['7', 'SEVEN']) {
              const found = await rig.compare(searchAll(PROJECT, { query: keyIs(key, value) }))
              assert.equal(found.length, 1, `${key} is ${value}`)
            }
            await rig.compareAnalysis(groupedBy(key))
          }
        }))

      test('integers beyond 2^53 and texts too long to be searched keep every character', () =>
        inRig(async (rig, world) => {
          const long = 'x'.repeat(9_000)
          const base = logWith([
            ['long', long],
            ['short', 'y'],
          ])
          await rig.appendLogs(PROJECT, [{ ...base, message: `${long} ${'z'.repeat(40_000)} end` }])
          const [row] = await rig.compare(searchAll(PROJECT))
          assert.equal(row?.attributes['long'], long)
          const found = await rig.compare(
            searchAll(PROJECT, { query: words('z'.repeat(40_000), 'end') }),
          )
          assert.equal(found.length, 1)
          assert.deepEqual(world.letters, [])
        }))

      test('whole messages, and groups of them', () =>
        inRig(async rig => {
          const texts = ['', 'user x', 'User X', 'user x ', '日本', '...']
          await rig.appendLogs(
            PROJECT,
            texts.map(message => ({ ...logWith([]), message })),
          )
          for (const value of texts) {
            await rig.compare(searchAll(PROJECT, { query: keyIs('message', value) }))
          }
          await rig.compareAnalysis(groupedBy('message'))
          await rig.compare(searchAll(PROJECT, { query: keyIs('host', '') }))
        }))

      test('queries as deep and as wide as the limits allow are answered', () =>
        inRig(async rig => {
          await rig.append(PROJECT, 20)
          const deep = (depth: number): string =>
            depth === 0 ? 'status:200' : `x OR user -(y OR ${deep(depth - 2)})`
          const wide = (condition: (i: number) => string): string =>
            Array.from({ length: QUERY_TERMS_MAX }, (_, i) => condition(i)).join(' OR ')
          for (const text of [
            deep(QUERY_DEPTH_MAX),
            wide(i => `ratio:${i}`),
            wide(i => `s:>${i}`),
            wide(i => `ok${i}:a*`),
            wide(i => `user:=${i}`),
            wide(i => `w${i}`),
            wide(i => `-w${i}*`),
          ]) {
            await rig.compare(searchAll(PROJECT, { query: queryOf(text) }))
          }
        }))

      test('an expression that is too complex is told so, and nothing else is harmed', () =>
        inRig(async rig => {
          await rig.append(PROJECT, 20)
          const input = searchAll(PROJECT, { query: queryOf('/a.{400}b/') })
          await assert.rejects(rig.search(input), { code: 'LOGBOY_QUERY_TOO_DEAR' })
          await rig.compare(searchAll(PROJECT, { query: queryOf('/(?:u|x).{5}/') }))
        }))

      test('indices of an older version take long expressions once a server has started', () =>
        inRig(async (rig, world) => {
          const value = 'Value'.repeat(100)
          await rig.appendLogs(PROJECT, [logWith([['key', 1]]), logWith([['key', value]])])
          const input = searchAll(PROJECT, { query: keyIs('key', value.toLowerCase()) })
          await rig.compare(input)
          await world.server.request({
            method: 'PUT',
            path: `/logs-${world.name}.*/_settings`,
            body: { 'index.max_regex_length': 1_000 },
          })
          await assert.rejects(rig.search(input), /length of regex/)
          await rig.restart()
          assert.equal((await rig.compare(input)).length, 1)
        }))

      test('what LogFlow asks of logs-* is answered, word for word', () =>
        inRig(async (rig, world) => {
          const severities = [17, 17, 9, 18, 5, 21, 17]
          await rig.appendLogs(
            PROJECT,
            severities.map(severity => ({ ...logWith([]), severity, service: 'checkout' })),
          )
          await rig.store.flush()
          const ask = <Answer>(path: string, query: unknown): Promise<Answer> =>
            world.server.json<Answer>({ method: 'POST', path, body: { query } })
          const errors = { match: { level: 'ERROR' } }
          const { count } = await ask<{ count: number }>('/logs-*/_count', errors)
          assert.ok(count >= 4, 'others may have logs there, too')
          const own = `/logs-${world.name}.*`
          assert.equal((await ask<{ count: number }>(`${own}/_count`, errors)).count, 4)
          // Rows of others are gone if they delete their index while it is searched.
          const searched = () => ask<Hits>('/logs-*/_search', errors)
          let found = await searched()
          while (found.hits.hits.length === 0) found = await searched()
          const mine = await ask<Hits>(`${own}/_search`, errors)
          assert.equal(mine.hits.total.value, 4)
          for (const { _source } of mine.hits.hits) {
            assert.equal(_source['log.level'], 'ERROR')
            assert.equal(_source['service.name'], 'checkout')
          }
          for (const field of ['timestamp', 'level', 'service', 'ingested_at']) {
            const { count: known } = await ask<{ count: number }>(`${own}/_count`, {
              exists: { field },
            })
            assert.equal(known, severities.length, field)
          }
        }))

      test('ids are keywords for whoever asks the server itself', () =>
        inRig(async (rig, world) => {
          const ids = ['0af7651916cd43dd8448eb211c80319c', '4bf92f3577b34da6a3ce929d0e0e419c']
          const traced = ids.flatMap(traceId => [1, 2].map(() => ({ ...logWith([]), traceId })))
          await rig.appendLogs(PROJECT, [...traced, logWith([])])
          await rig.store.flush()
          const { hits, aggregations } = await world.server.json<
            Hits & { aggregations: { ids: { buckets: readonly { key: string }[] } } }
          >({
            method: 'POST',
            path: `/logs-${world.name}.*/_search`,
            body: {
              query: { term: { 'trace.id': ids[0] } },
              aggs: { ids: { terms: { field: 'trace.id' } } },
            },
          })
          assert.deepEqual(
            hits.hits.map(({ _source }) => _source['trace.id']),
            [ids[0], ids[0]],
          )
          assert.deepEqual(
            aggregations.ids.buckets.map(({ key }) => key),
            [ids[0]],
          )
        }))

      test('values that end alike are told apart, and found whatever they end with', () =>
        inRig(async rig => {
          const values = [
            'a-123',
            'b-123',
            'A-123',
            '23',
            '',
            '\u{1f600}',
            'x\u{1f600}',
            'z\n',
            'É',
          ]
          await rig.appendLogs(
            PROJECT,
            values.map(value => logWith([['key', value]])),
          )
          for (const value of values) {
            const found = await rig.compare(searchAll(PROJECT, { query: keyIs('key', value) }))
            assert.ok(found.length > 0, value)
          }
        }))
    })
  }

  test('the analyzer cuts the tokens of proto/tokens.ts, over all of Unicode', async () => {
    const pool = openTestPool()
    try {
      await inElasticWorld(address, pool, async ({ server, name }) => {
        const index = `${name}-state`
        await server.request({
          method: 'PUT',
          path: `/${index}`,
          body: { settings: { analysis: analysis() } },
        })
        for (const text of unicodeTexts()) {
          const { tokens } = await server.json<{ tokens: { token: string }[] }>({
            method: 'POST',
            path: `/${index}/_analyze`,
            body: { analyzer: MESSAGE_ANALYZER, text },
          })
          const ours = tokenize(text)
          for (const [i, { token }] of tokens.entries()) {
            if (NEW_CAPITALS.test(token)) assert.equal(fold(token), ours[i])
            else assert.equal(token, ours[i])
          }
          assert.equal(tokens.length, ours.length)
        }
      })
    } finally {
      await pool.close()
    }
  })
}

/** Capitals of Unicode 17, which the server's Java may not know the small letters of yet. */
const NEW_CAPITALS = /[\ua7ce\ua7d2\ua7d4\u{16ea0}-\u{16eb8}]/u

interface Hits {
  readonly hits: {
    readonly total: { readonly value: number }
    readonly hits: readonly { readonly _source: Readonly<Record<string, unknown>> }[]
  }
}

function logWith(attributes: readonly (readonly [string, AttributeValue])[]): PlainLog {
  return {
    timeUs: null,
    subNs: 0,
    severity: 9,
    severityText: '',
    service: 'api',
    host: '',
    file: '',
    message: 'a message',
    traceId: '',
    spanId: '',
    attributes,
  }
}

function queryOf(text: string): Query {
  const parsed = parseQuery(text)
  assert.ok(parsed.type === 'query', text)
  return parsed.query
}

function keyIs(field: string, value: string): SearchPlanInput['query'] {
  return { terms: [{ type: 'field', field, value }] }
}

function words(...tokens: string[]): SearchPlanInput['query'] {
  return { terms: [{ type: 'phrase', tokens, hex: null }] }
}

/** Every code point of the first plane and every eighth of the others, each inside a word. */
function* unicodeTexts(): Generator<string> {
  let text = ''
  let count = 0
  for (let code = 1; code < 0x11_0000; code += code < 0x1_0000 ? 1 : 8) {
    if (code >= 0xd800 && code < 0xe000) continue
    text += `x${String.fromCodePoint(code)}Y `
    if (++count % 3_000 !== 0) continue
    yield text
    text = ''
  }
  yield text
}

function groupedBy(
  field: string | null,
  measures: readonly Measure[] = [{ fn: 'count' }],
): AnalysisInput {
  const by = field === null ? [] : [field]
  return analysisOf(searchAll(PROJECT), [{ type: 'summarize', measures, by }])
}
