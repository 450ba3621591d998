/** The connection to a real PostgreSQL breaks at every moment of every call of the catalog. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { CatalogAwayError } from './catalog-away.ts'
import { openPostgresCatalog } from './open-catalog.ts'
import { openPostgresSession, type Session } from './session.ts'
import type { SqlCatalog } from './sql-catalog.ts'
import { BreakingProxy, type Fault } from './testing/breaking-proxy.ts'
import { CALLS, type CatalogCall, fill, ONCE, VARYING } from './testing/catalog-calls.ts'
import { KeptContent } from './testing/kept-content.ts'
import { type OwnDatabase, ownDatabase } from './testing/own-database.ts'

const server = process.env['DATABASE_URL']
const ANSWER_MS = 250
/** Small, so that a place of the pool that were lost would be missed at once. */
const CONNECTIONS = 2
/** More than any call sends, but for a backup, whose end is like its beginning. */
const CHUNKS_MAX = 12
const LEASE_MS = 60_000

if (server === undefined) {
  test('lost connections', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  suite('lost connections', () => {
    let database: OwnDatabase
    let direct: Session
    let proxy: BreakingProxy
    let catalog: SqlCatalog
    let content: KeptContent

    before(async () => {
      database = await ownDatabase(server)
      await database.skipSyncs()
      proxy = new BreakingProxy(database.url)
      const limits = { applicationName: 'logboy', connectMs: 1_000, answerMs: ANSWER_MS }
      const url = await proxy.open()
      catalog = await openPostgresCatalog({ url, connections: CONNECTIONS, limits })
      direct = await openPostgresSession(database.url)
      await fill(catalog)
      content = await KeptContent.of(direct, LEASE_MS)
      const filled = await content.read()
      await content.restore()
      assert.equal(await content.read(), filled)
      assert.match(filled, /ada@example\.org/)
    })
    after(async () => {
      await catalog.close()
      await proxy.close()
      await direct.close()
      await database.drop()
    })

    for (const call of CALLS) {
      test(`${call.name}: a connection that breaks at any moment`, async () => {
        const healthy = await outcome(call)
        for (const type of ['cut-before', 'cut-after', 'call'] as const) {
          for (let chunk = 0; chunk < CHUNKS_MAX; chunk++) {
            const broken = await outcome(call, faultOf(type, chunk))
            judge(call, broken, healthy, `${type} ${chunk}`)
            if (proxy.isArmed) break
          }
          proxy.disarm()
        }
      })
    }

    test('away: every call is refused, and all go on when it is back', async () => {
      for (const call of CALLS) {
        await outcome(call)
        proxy.mode = 'refuse'
        await assert.rejects(call.run(catalog), CatalogAwayError, call.name)
        proxy.mode = 'pass'
        await catalog.version()
      }
    })

    test('a server that hangs is given up, calls that wait for their turn as well', async () => {
      await catalog.version()
      proxy.mode = 'hang'
      const asked = Array.from({ length: 3 * CONNECTIONS }, () => catalog.version())
      const answers = await Promise.allSettled(asked)
      proxy.mode = 'pass'
      for (const answer of answers) {
        assert.ok(answer.status === 'rejected' && answer.reason instanceof CatalogAwayError)
      }
      assert.ok((await catalog.version()) > 0)
    })

    /** From the same beginning each time: what the call said, and what it left behind. */
    async function outcome(call: CatalogCall, fault?: Fault) {
      await content.restore()
      const before = await content.read()
      if (fault !== undefined) proxy.arm(fault)
      const answer = await call.run(catalog).then(
        value => ({ value, error: null }),
        (error: unknown) => ({ value: null, error }),
      )
      return { ...answer, before, after: await content.read() }
    }

    function faultOf(type: Fault['type'], chunk: number): Fault {
      if (type !== 'call') return { type, chunk }
      const run = () =>
        direct.ask(`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'logboy'
        `)
      return { type, chunk, run }
    }
  })
}

type Outcome = {
  readonly value: unknown
  readonly error: unknown
  readonly before: string
  readonly after: string
}

/** One broken connection: the call succeeds all the same, unless nobody knows whether it did. */
function judge(call: CatalogCall, broken: Outcome, healthy: Outcome, where: string): void {
  if (broken.error === null) {
    assert.equal(broken.after, healthy.after, where)
    if (!VARYING.has(call.name)) assert.deepEqual(broken.value, healthy.value, where)
    return
  }
  const { error } = broken
  if (!(error instanceof CatalogAwayError)) throw error
  assert.ok(ONCE.has(call.name) && error.mayHaveHappened, `${where}: ${error.message}`)
  assert.ok(broken.after === healthy.after || broken.after === broken.before, where)
}
