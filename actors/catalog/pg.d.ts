/** The part of `pg` that our driver uses; the package brings no types. */
declare module 'pg' {
  import type { EventEmitter } from 'node:events'

  export interface ClientConfig {
    readonly connectionString: string
    readonly application_name: string
    readonly connectionTimeoutMillis: number
    readonly query_timeout?: number
    readonly statement_timeout?: number
    readonly idle_in_transaction_session_timeout?: number
    readonly keepAlive: boolean
    readonly keepAliveInitialDelayMillis?: number
    readonly types: { getTypeParser(oid: number, format: string): (value: string) => unknown }
  }

  export interface QueryResult<Row> {
    readonly command: string
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
    readonly rowCount: number | null
    readonly rows: Row[]
  }

  export class Client extends EventEmitter {
    constructor(config: ClientConfig)
    readonly connection: { readonly stream: { destroy(): void } }
    connect(): Promise<unknown>
    end(): Promise<void>
    query(text: string, values?: readonly unknown[]): Promise<QueryResult<Record<string, unknown>>>
    query(query: {
      readonly text: string
      readonly rowMode: 'array'
    }): Promise<QueryResult<(string | null)[]>>
  }

  export const types: {
    getTypeParser(oid: number, format: string): (value: string) => unknown
  }
}
