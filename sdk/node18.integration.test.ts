/** The SDK as it is published, on the oldest Node that it promises, against a real server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { RunningServer } from '../actors/testing/running-server.ts'
import type { ProjectCreated, Row } from '../proto/api.ts'
import { oldProject } from './testing/node18.ts'

const PROGRAM = `
import { createLogger } from '@logboy/sdk'
const spool = process.env.SPOOL ? { folder: process.env.SPOOL } : false
const log = createLogger({ service: 'old', attributes: { region: 'eu-1' }, spool })
const child = log.child({ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' })
for (let n = 0; n < 2000; n++) child.info('number ' + n, { n, big: 2n ** 60n, list: [1, { a: 2 }] })
log.error('failed', { err: new TypeError('boom') })
await log.flush()
const { transport } = log.stats()
const durable = await log.close()
const { node } = process.versions
process.stdout.write(JSON.stringify({ ...log.stats(), durable, transport, node }))
`

interface Told {
  readonly node: string
  readonly durable: boolean
  readonly acknowledged: number
  readonly transport: string
}

const project = oldProject()

if (typeof project === 'string') {
  test('the SDK on Node 18', { skip: project }, () => undefined)
} else {
  suite('the SDK on Node 18', { timeout: 240_000 }, () => {
    const program = join(project.folder, 'program.mjs')
    let server: RunningServer
    let keys: ProjectCreated

    before(async () => {
      writeFileSync(program, PROGRAM)
      server = await RunningServer.start()
      keys = await server.createProject('old')
    })
    after(async () => {
      await server.stop()
      server.remove()
      project.remove()
    })

    const way = (name: string, transport: string, more: () => Record<string, string>) => ({
      name,
      transport,
      settings: () => ({ LOGBOY_URL: server.url, LOGBOY_GRPC_URL: server.grpcUrl, ...more() }),
    })
    const ways = [
      way('over gRPC', 'grpc', () => ({})),
      // Nobody listens on port 1: the stream is given up for HTTP.
      way('over HTTP', 'http', () => ({ LOGBOY_GRPC_URL: 'http://127.0.0.1:1' })),
      way('with a spool', 'grpc', () => ({ SPOOL: join(project.folder, 'spool') })),
    ]
    for (const [at, { name, transport, settings }] of ways.entries()) {
      test(`${name} everything arrives once`, async () => {
        const env = { ...process.env, LOGBOY_KEY: keys.ingest_key, ...settings() }
        const { stdout } = await promisify(execFile)(project.node, [program], { env })
        const told = JSON.parse(stdout) as Told
        assert.match(told.node, /^18\./)
        assert.deepEqual([told.durable, told.acknowledged], [true, 2_001])
        assert.equal(told.transport, transport)
        const found = await server.search(keys.read_key, { query: 'service:old', limit: 10_000 })
        assert.equal(found.total, 2_001 * (at + 1))
        const last = await server.search(keys.read_key, { query: '"number 1999"', limit: 1 })
        assertRow(last.logs[0])
      })
    }
  })
}

function assertRow(row: Row | undefined): void {
  assert.deepEqual(row?.attributes, {
    region: 'eu-1',
    n: 1999,
    big: '1152921504606846976',
    list: [1, { a: 2 }],
  })
  assert.equal(row?.trace_id, '4bf92f3577b34da6a3ce929d0e0e4736')
}
