/** What stands in the tables of a catalog: kept once, put back and read in one statement each. */
import { tablesOf } from '../migrate.ts'
import type { Session } from '../session.ts'

const KEPT = 'kept'
const VERSION = 'catalog_version'
/** The version may rise for nothing. */
const TABLES = tablesOf().filter(name => name !== VERSION)
/** Of tables with a part that depends on when, or how often before. */
const COLUMNS: Readonly<Record<string, string>> = {
  leases: 'name, holder, fence, expires_at > now()',
  audit_entries: 'at_us, actor, actor_name, peer, action, project_id, detail',
}

export class KeptContent {
  readonly #session: Session
  readonly #leaseMs: number

  private constructor(session: Session, leaseMs: number) {
    this.#session = session
    this.#leaseMs = leaseMs
  }

  /** Of a database that nobody changes meanwhile; its leases are good for `leaseMs` again each time. */
  static async of(session: Session, leaseMs: number): Promise<KeptContent> {
    const kept = [...TABLES, VERSION].map(
      table => `CREATE TABLE ${KEPT}.${table} AS TABLE public.${table};`,
    )
    await session.ask(block([`CREATE SCHEMA ${KEPT};`, ...kept]))
    return new KeptContent(session, leaseMs)
  }

  async restore(): Promise<void> {
    await this.#session.ask(
      block([
        ...TABLES.toReversed().map(table => `DELETE FROM ${table};`),
        ...TABLES.map(
          table => `INSERT INTO ${table} OVERRIDING SYSTEM VALUE TABLE ${KEPT}.${table};`,
        ),
        `UPDATE leases SET expires_at = now() + interval '${this.#leaseMs} ms';`,
        // Rules of alerts keep it as theirs.
        `UPDATE ${VERSION} SET value = (SELECT value FROM ${KEPT}.${VERSION});`,
      ]),
    )
  }

  /** All rows, without times of the server. */
  async read(): Promise<string> {
    const parts = TABLES.map(
      table =>
        `SELECT '${table}' AS name, to_jsonb(t)::text AS line
         FROM (SELECT ${COLUMNS[table] ?? '*'} FROM ${table}) AS t`,
    )
    const { rows } = await this.#session.ask(`${parts.join(' UNION ALL ')} ORDER BY name, line`)
    return rows.map(row => row.join(' ')).join('\n')
  }
}

function block(statements: readonly string[]): string {
  return `DO $$ BEGIN ${statements.join('\n')} END $$`
}
