/** Every shape that docs/growing.md lists works: it takes logs, finds them, and goes on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemRandom } from '#runtime/random.ts'
import { Follower } from '../bench/lab/follower.ts'
import { Ledger, problemsOf } from '../bench/lab/ledger.ts'
import { until } from '../bench/lab/pause.ts'
import { readSettled } from '../bench/lab/searcher.ts'
import { LabServer } from '../bench/lab/server.ts'
import { RequestWriter } from '../bench/lab/writers.ts'
import { forgetInstallation } from '../deploy/dry/shared-servers.ts'
import { ownDatabase } from './catalog/testing/own-database.ts'

const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL', 'DATABASE_URL']
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`

const LOGS = ['journal', 'Kafka'] as const
const STORES = ['Parquet', 'Elasticsearch'] as const
const CATALOGS = ['PGlite', 'PostgreSQL'] as const
const SHAPES = LOGS.flatMap(log =>
  STORES.flatMap(store => CATALOGS.map(catalog => ({ log, store, catalog }))),
)
const FOUND_MS_MAX = 20_000

for (const { log, store, catalog } of SHAPES) {
  test(`${log}, ${store}, ${catalog}: logs are found and shown live, also after a restart`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const installation = `shape${Buffer.from(systemRandom.bytes(5)).toString('hex')}`
    const given = (name: string, isGiven: boolean): Record<string, string> => ({
      [name]: isGiven ? (process.env[name] ?? '') : '',
    })
    const database =
      catalog === 'PostgreSQL' ? await ownDatabase(process.env['DATABASE_URL'] ?? '') : null
    const server = new LabServer({
      env: {
        ...given('KAFKA_BROKERS', log === 'Kafka'),
        ...given('SCHEMA_REGISTRY_URL', log === 'Kafka'),
        ...given('ELASTICSEARCH_URL', store === 'Elasticsearch'),
        DATABASE_URL: database?.url ?? '',
        REDIS_URL: '',
        KAFKA_PARTITIONS: '2',
        LOGBOY_INSTALLATION: installation,
      },
    })
    try {
      await server.start()
      const keys = await server.createProject('shape')
      const ledger = new Ledger()
      const follower = new Follower(server, keys, '')
      await follower.started()
      const write = async (name: string): Promise<void> => {
        const writer = new RequestWriter({ name, server, keys, ledger }, { isKeyed: true })
        assert.ok(await until(() => ledger.acknowledgedBy(name) > 100, FOUND_MS_MAX))
        await writer.stop()
      }
      const find = async () => {
        const rows = await readSettled(server, keys, ledger, FOUND_MS_MAX)
        assert.deepEqual(problemsOf(ledger.judge(rows)), [])
        return rows
      }
      await write('before')
      await find()
      await server.stop()
      await server.start()
      await find()
      await write('after')
      await follower.judge(await find())
      follower.stop()
      assert.deepEqual(follower.wrong, [])
    } finally {
      await server.kill()
      server.remove()
      await database?.drop()
      await forgetInstallation(installation, process.env)
    }
  })
}

test('the page lists these shapes and no other', () => {
  const page = readFileSync('docs/growing.md', 'utf8')
  const [, table = ''] = /## Which shapes work\n\n([^#]*?)\n\n/.exec(page) ?? []
  const listed = [...table.matchAll(/^\| (\w[^|]*) \| (\w[^|]*) \| (\w[^|]*) \| (?:one|any)/gm)]
  const shapes = listed.flatMap(([, log = '', store = '', catalog = '']) =>
    store
      .split(' or ')
      .flatMap(one => catalog.split(' or ').map(other => `${log} ${one} ${other}`)),
  )
  const tested = SHAPES.map(({ log, store, catalog }) => `${log} ${store} ${catalog}`)
  assert.deepEqual(shapes.toSorted(), tested.toSorted())
})
