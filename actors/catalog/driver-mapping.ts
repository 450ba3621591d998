/** What both drivers have in common: how errors and values of PostgreSQL become those of slonik. */
import type { DriverConfiguration } from '@slonik/driver'
import {
  CheckIntegrityConstraintViolationError,
  ForeignKeyIntegrityConstraintViolationError,
  InvalidInputError,
  NotNullIntegrityConstraintViolationError,
  StatementCancelledError,
  UniqueIntegrityConstraintViolationError,
} from 'slonik'

export interface DatabaseError extends Error {
  readonly code?: string
  readonly constraint?: string
}

/** The class that slonik has for an error, so that callers tell them apart; else the error. */
export function slonikErrorOf(error: DatabaseError): Error {
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

/** Type names of slonik's parsers by their OID in pg_type, which never changes for these. */
const OIDS: Readonly<Record<string, number>> = {
  int8: 20,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
}

export function parsersByOid({
  typeParsers,
}: Pick<DriverConfiguration, 'typeParsers'>): Record<number, (value: string) => unknown> {
  return Object.fromEntries(
    typeParsers.flatMap(({ name, parse }) => {
      const oid = OIDS[name]
      return oid === undefined ? [] : [[oid, parse]]
    }),
  )
}

function withConstraint(error: DatabaseError): Error & { constraint: string } {
  return Object.assign(error, { constraint: error.constraint ?? '' })
}
