/**
 * Lets slonik speak to a PGlite in this process: the same SQL and error classes, no socket between.
 */
import type { PGlite } from '@electric-sql/pglite'
import { createDriverFactory, type DriverCommand, type DriverFactory } from '@slonik/driver'
import {
  CheckIntegrityConstraintViolationError,
  ForeignKeyIntegrityConstraintViolationError,
  InvalidInputError,
  NotNullIntegrityConstraintViolationError,
  StatementCancelledError,
  UniqueIntegrityConstraintViolationError,
} from 'slonik'

/** Type names of slonik's parsers by their OID in pg_type, which never changes for these. */
const OIDS: Readonly<Record<string, number>> = {
  int8: 20,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
}

/** PGlite has one session: give the pool a maximum size of 1. */
export function pgliteDriverFactory(database: PGlite): DriverFactory {
  return createDriverFactory(async ({ driverConfiguration }) => {
    const parsers = Object.fromEntries(
      driverConfiguration.typeParsers
        .filter(({ name }) => OIDS[name] !== undefined)
        .map(({ name, parse }) => [OIDS[name], parse]),
    )
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
            throw errorOf(error as Error)
          }
        },
        stream() {
          throw new Error('the embedded catalog does not stream')
        },
      }),
    }
  })
}

function commandOf(text: string): DriverCommand {
  const word = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase()
  return word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' ? word : 'SELECT'
}

/** The classes that slonik's own driver uses, by SQLSTATE. */
function errorOf(error: Error & { code?: string; constraint?: string }): Error {
  switch (error.code) {
    case '22P02':
      return new InvalidInputError(error.message)
    case '23502':
      return new NotNullIntegrityConstraintViolationError(withConstraint(error))
    case '23503':
      return new ForeignKeyIntegrityConstraintViolationError(withConstraint(error))
    case '23505':
      return new UniqueIntegrityConstraintViolationError(withConstraint(error))
    case '23514':
      return new CheckIntegrityConstraintViolationError(withConstraint(error))
    case '57014':
      return new StatementCancelledError(error)
    default:
      return error
  }
}

function withConstraint(error: Error & { constraint?: string }): Error & { constraint: string } {
  return Object.assign(error, { constraint: error.constraint ?? '' })
}
