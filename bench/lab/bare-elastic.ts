/** The same Elasticsearch fed by a client that does nothing but send bodies made beforehand. */
import { Agent, request } from 'node:http'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { type BulkPart, buildBulkBody } from '#actors/store/elasticsearch/bulk-body.ts'
import type { ElasticServer } from '#actors/store/elasticsearch/client.ts'
import { attributeField } from '#actors/store/elasticsearch/field-names.ts'
import { attributeMapping } from '#actors/store/elasticsearch/index-template.ts'

type FieldTypes = Readonly<Record<string, Parameters<typeof attributeMapping>[0]>>

export interface PreparedBodies {
  readonly bodies: readonly Buffer[]
  readonly types: FieldTypes
}

/** A body for each batch. */
export function prepareBodies(projectId: string, entries: readonly LogEntry[]): PreparedBodies {
  const parts = entries.map(partOf)
  const asked = buildBulkBody(projectId, parts.slice(0, 4), { byKey: {}, isFull: false })
  const byKey = asked.type === 'unknown-keys' ? Object.fromEntries(asked.proposed) : {}
  const bodies = parts.map(part => {
    const built = buildBulkBody(projectId, [part], { byKey, isFull: true })
    if (built.type !== 'body') throw new Error('all keys are known')
    return Buffer.from(built.bytes)
  })
  return { bodies, types: byKey }
}

export function partOf({ envelope, batch, partition, position }: LogEntry): BulkPart {
  const { memory, offset, length } = batch
  return { envelope, memory, offset, length, partition, position, rows: null }
}

export interface BareClient {
  /** Settles once searches see all that the bodies hold. */
  send(bodies: readonly Buffer[], inFlight: number): Promise<void>
  close(): void
}

/** Makes the index and its fields. */
export async function openBareClient(
  server: ElasticServer,
  address: string,
  index: string,
  types: PreparedBodies['types'],
): Promise<BareClient> {
  await server.request({ method: 'PUT', path: `/${index}` })
  const properties = Object.fromEntries(
    Object.entries(types).map(([key, type]) => [attributeField(key), attributeMapping(type)]),
  )
  await server.request({ method: 'PUT', path: `/${index}/_mapping`, body: { properties } })
  const agent = new Agent({ keepAlive: true })
  const url = new URL(`/${index}/_bulk?filter_path=errors`, address)
  return {
    async send(bodies, inFlight) {
      let next = 0
      const lane = async (): Promise<void> => {
        for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
          await post(url, agent, body)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
      await server.request({ method: 'POST', path: `/${index}/_refresh` })
    },
    close: () => agent.destroy(),
  }
}

function post(url: URL, agent: Agent, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, answer => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('end', () => {
        if (text === '{"errors":false}') resolve()
        else reject(new Error(`Elasticsearch answered ${text.slice(0, 300)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
