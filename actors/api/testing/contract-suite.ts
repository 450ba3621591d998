/** What the interface promises, asked of a whole server: the files in contract/, and exports. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { ADMIN_TOKEN, RunningServer } from '#actors/testing/running-server.ts'
import type { Row } from '#proto/api.ts'
import { apiRoutes } from '../api-routes.ts'
import { apiWorld } from './api-world.ts'
import { contractFiles, type Names, readContract, runStep } from './contract.ts'

export interface ContractWorld {
  /** As on the command line. */
  readonly flags: Record<string, string>
  /** Called before the first question, once all logs were acknowledged. */
  readonly settled?: (server: RunningServer, reader: string, rows: number) => Promise<void>
  readonly after?: () => Promise<void>
}

export function contractSuite(label: string, world: ContractWorld): void {
  suite(`the contract of REST (${label})`, () => {
    const names: Names = {}
    let server: RunningServer

    before(async () => {
      server = await RunningServer.start(world.flags)
      const { id, read_key, ingest_key } = await server.createProject('shop')
      const foreign = await server.createProject('foreign')
      Object.assign(names, {
        project: id,
        foreign: foreign.id,
        reader: read_key,
        sender: ingest_key,
        administrator: ADMIN_TOKEN,
      })
      const sent = logs()
      await server.ingest(ingest_key, sent)
      await world.settled?.(server, read_key, sent.length)
    })

    after(async () => {
      await server.stop()
      server.remove()
      await world.after?.()
    })

    test('an export as Parquet has the rows of the one as NDJSON, in their order', async () => {
      const exported = async (format: string): Promise<ArrayBuffer> => {
        const path = `/api/v1/logs/export?order=asc&format=${format}`
        const headers = { authorization: `Bearer ${names['reader']}` }
        return await (await fetch(server.url + path, { headers })).arrayBuffer()
      }
      const lines = Buffer.from(await exported('ndjson'))
        .toString()
        .trimEnd()
        .split('\n')
      const rows = lines.map(line => JSON.parse(line) as Row)
      const found = await parquetReadObjects({
        file: await exported('parquet'),
        compressors: { ZSTD: body => zstdDecompressSync(body) },
      })
      assert.equal(found.length, 10)
      const facts = (each: Record<string, unknown>): unknown[] => {
        const { time, id, message, level, attributes } = each
        return [new Date(time as string).getTime(), id, message, level, attributes]
      }
      assert.deepEqual(
        found.map(facts),
        rows.map(row => facts({ ...row })),
      )
    })

    test('what a project has on the disk is told where the store knows', async () => {
      const headers = { authorization: `Bearer ${names['administrator']}` }
      await fetch(`${server.url}/api/v1/system/flush`, { method: 'POST', headers })
      const path = `/api/v1/metrics/overview?project=${names['project']}`
      const { stored } = (await (await fetch(server.url + path, { headers })).json()) as {
        readonly stored: { readonly rows: number } | null
      }
      assert.equal(stored?.rows ?? null, 'elasticsearch-url' in world.flags ? null : 10)
    })

    for (const file of contractFiles()) {
      test(file, async t => {
        const table = apiRoutes((await apiWorld(t, 'node')).deps)
        for (const step of readContract(file)) {
          const name = step.about === undefined ? step.ask : `${step.ask}: ${step.about}`
          await t.test(name, () => runStep(step, server.url, names, table))
        }
      })
    }
  })
}

/** What contract/logs.yaml speaks of; times are the server's. */
function logs(): object[] {
  const levels = ['info', 'warn', 'error', 'error', 'fatal']
  return levels.flatMap((level, n) => [
    { service: 'mail', level: 'info', message: `mail ${n}`, n: 1 },
    { service: 'checkout', level, host: 'web-1', message: 'card declined', amount: n },
  ])
}
