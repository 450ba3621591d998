/** The number that rises with every change that caches must notice. */
import { type CommonQueryMethods, sql } from 'slonik'
import type { Database } from './database.ts'

/** Within the transaction of the change, so that no poll can miss one. */
export async function raiseVersion(transaction: CommonQueryMethods): Promise<void> {
  await transaction.query(sql.unsafe`UPDATE catalog_version SET value = value + 1`)
}

/**
 * A change in one transaction, behind all others of its kind: the version is raised first, and its
 * row makes the next one wait, so that what is looked at stays as it is.
 */
export function changing<Outcome>(
  database: Database,
  work: (transaction: CommonQueryMethods) => Promise<Outcome>,
): Promise<Outcome> {
  return database.once(async transaction => {
    await raiseVersion(transaction)
    return await work(transaction)
  })
}
