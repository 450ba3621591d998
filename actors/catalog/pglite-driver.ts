/**
 * Lets slonik speak to a PGlite in this process: the same SQL and error classes, no socket between.
 */
import type { PGlite } from '@electric-sql/pglite'
import { createDriverFactory, type DriverCommand, type DriverFactory } from '@slonik/driver'
import { type DatabaseError, parsersByOid, slonikErrorOf } from './driver-mapping.ts'

/** PGlite has one session: give the pool a maximum size of 1. */
export function pgliteDriverFactory(database: PGlite): DriverFactory {
  return createDriverFactory(async ({ driverConfiguration }) => {
    const parsers = parsersByOid(driverConfiguration)
    return {
      createPoolClient: async () => ({
        connect: () => database.waitReady,
        end: async () => undefined,
        async query(text: string, values?: unknown[]) {
          try {
            const result = await database.query<Record<string, unknown>>(text, values, { parsers })
            return {
              command: commandOf(text),
              fields: result.fields.map(({ name, dataTypeID }) => ({
                name,
                dataTypeId: dataTypeID,
              })),
              rowCount: result.affectedRows ?? result.rows.length,
              rows: result.rows,
            }
          } catch (error) {
            throw slonikErrorOf(error as DatabaseError)
          }
        },
        stream() {
          throw new Error('the catalog does not stream')
        },
      }),
    }
  })
}

function commandOf(text: string): DriverCommand {
  const word = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase()
  return word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' ? word : 'SELECT'
}
