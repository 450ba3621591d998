/** The number that rises with every change that caches must notice. */
import { type CommonQueryMethods, sql } from 'slonik'

/** Within the transaction of the change, so that no poll can miss one. */
export async function raiseVersion(transaction: CommonQueryMethods): Promise<void> {
  await transaction.query(sql.unsafe`UPDATE catalog_version SET value = value + 1`)
}
