/**
 * Lets slonik speak to a PostgreSQL server through `pg`. slonik's own driver would do until the
 * first fault: each connection that breaks during a query takes a place of the pool with it for
 * ever, an unanswered query is never given up, and closing waits for a server that hangs.
 */
import { createDriverFactory, type DriverCommand, type DriverFactory } from '@slonik/driver'
import { Client, types } from 'pg'
import { systemClock } from '#runtime/clock.ts'
import { ConnectionLostError } from './catalog-away.ts'
import { type DatabaseError, parsersByOid, slonikErrorOf } from './driver-mapping.ts'

export interface PostgresLimits {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  readonly connectMs: number
  /** For the server to answer one statement; it is told to give up a little earlier. */
  readonly answerMs: number
}

/** The server's own limit comes first where it is alive: its answer keeps the connection. */
const SERVER_SHARE = 0.8
const KEEP_ALIVE_MS = 10_000
const END_MS_MAX = 1_000

export function postgresDriverFactory(url: string, limits: PostgresLimits): DriverFactory {
  return createDriverFactory(async ({ driverConfiguration }) => {
    const parsers = parsersByOid(driverConfiguration)
    const getTypeParser = (oid: number, format: string) =>
      parsers[oid] ?? types.getTypeParser(oid, format)
    const serverMs = Math.ceil(limits.answerMs * SERVER_SHARE)
    const config = {
      connectionString: url,
      application_name: limits.applicationName,
      connectionTimeoutMillis: limits.connectMs,
      query_timeout: limits.answerMs,
      statement_timeout: serverMs,
      // A process that dies between two statements must not keep its locks.
      idle_in_transaction_session_timeout: serverMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types: { getTypeParser },
    }
    return {
      createPoolClient: async ({ clientEventEmitter }) =>
        openConnection(new Client(config), error => {
          clientEventEmitter.emit('error', error)
        }),
    }
  })
}

/** `onLost` is for a connection that breaks while nothing is asked; else the query tells. */
function openConnection(client: Client, onLost: (error: Error) => void) {
  let asking = false
  let lost = false
  client.on('error', (error: Error) => {
    lost = true
    if (!asking) onLost(lostError(error))
  })
  return {
    async connect(): Promise<void> {
      await client.connect()
    },
    async query(text: string, values?: unknown[]) {
      if (lost) throw new ConnectionLostError('it broke before')
      asking = true
      try {
        const { command, fields, rowCount, rows } = await client.query(text, values)
        return {
          command: command as DriverCommand,
          fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeId: dataTypeID })),
          rowCount,
          rows,
        }
      } catch (error) {
        lost ||= isLoss(error as DatabaseError)
        throw lost ? lostError(error as Error) : slonikErrorOf(error as DatabaseError)
      } finally {
        asking = false
      }
    },
    stream(): never {
      throw new Error('the catalog does not stream')
    },
    async end(): Promise<void> {
      const cut = () => client.connection.stream.destroy()
      if (lost) cut()
      const cancel = systemClock.after(END_MS_MAX, cut)
      await client.end().finally(cancel)
    },
  }
}

/** Without an SQLSTATE it is not the server that answered. */
function isLoss({ code, message }: DatabaseError): boolean {
  if (code === undefined) return /terminated|not queryable|read timeout/i.test(message)
  return /^(08|57P)/.test(code) || /^(E[A-Z]+)$/.test(code)
}

function lostError(error: Error): ConnectionLostError {
  // Not the bare message: slonik makes an error of its own of some.
  return new ConnectionLostError(`it broke: ${error.message}`, { cause: error })
}
