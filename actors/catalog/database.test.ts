import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DatabasePool, StatementCancelledError } from 'slonik'
import { type Clock, systemClock } from '#runtime/clock.ts'
import { CatalogAwayError } from './catalog-away.ts'
import { Database } from './database.ts'

/** Nothing is waited for. */
const clock: Clock = {
  ...systemClock,
  after(_, run) {
    setImmediate(run)
    return () => undefined
  },
}

/** Fails with the errors, one a transaction, and does what it is asked for afterwards. */
function poolThat(errors: readonly Error[]): DatabasePool & { tries: number } {
  const pool = {
    tries: 0,
    transaction: async () => {
      const error = errors[pool.tries++]
      if (error !== undefined) throw error
      return 'done'
    },
  }
  return pool as Partial<DatabasePool> as DatabasePool & { tries: number }
}

function codeOf(code: string): Error {
  return Object.assign(new Error('no'), { code })
}

test('a statement that the server gave up is tried again: nothing of it was kept', async () => {
  const pool = poolThat([new StatementCancelledError(codeOf('57014'))])
  assert.equal(await new Database(pool, 1, clock).once(async () => 'done'), 'done')
  assert.equal(pool.tries, 2)
})

test('a disk that is full is told at once', async () => {
  const pool = poolThat([codeOf('53100')])
  await assert.rejects(
    new Database(pool, 1, clock).once(async () => 'done'),
    (error: unknown) => error instanceof CatalogAwayError && !error.passing,
  )
  assert.equal(pool.tries, 1)
})
