/** What the page tells to paste is pasted, against a whole server: each way a log arrives. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { ServerProcess } from '#actors/testing/server-process.ts'
import type { ProjectCreated, Row, SearchReply } from '#proto/api.ts'
import { type Snippet, snippets } from '../src/projects/snippets-model.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const sdkIsMissing = existsSync(join(ROOT, 'sdk/dist/sdk/index.js'))
  ? false
  : 'the SDK is not built'
const run = promisify(execFile)

suite('the snippets of the page work as they are', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-snippets-'))
  const server = new ServerProcess(folder, { 'log-level': 'warn' })
  let url: string
  let project: ProjectCreated

  before(async () => {
    url = await server.ready()
    const body = { name: 'shop' }
    project = await call<ProjectCreated>('/api/v1/projects', server.note.adminToken, body)
  })
  after(async () => {
    await server.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const call = async <Body>(path: string, token: string, body: object): Promise<Body> => {
    const headers = { authorization: `Bearer ${token}` }
    const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await reply.json()) as Body
  }
  const codeOf = (id: Snippet['id']): string => {
    const context = { origin: url, project: project.name, key: project.ingest_key }
    return snippets(context).find(snippet => snippet.id === id)?.code ?? ''
  }
  /** The newest one. */
  const newest = async (query = ''): Promise<Row> => {
    const wish = { query, limit: 1 }
    const { logs } = await call<SearchReply>('/api/v1/logs/search', project.read_key, wish)
    const [row] = logs
    assert.ok(row !== undefined)
    return row
  }

  test('curl', async () => {
    const { stdout } = await run('bash', ['-c', codeOf('curl')])
    assert.deepEqual(JSON.parse(stdout), { accepted: 1, rejected: [] })
    const { level, service, message } = await newest()
    assert.deepEqual([level, service, message], ['INFO', 'hello', 'my first log'])
  })

  test('OpenTelemetry: curl, and the environment of a program', async () => {
    const printed = `${codeOf('otlp')}\nenv | grep ^OTEL_`
    const { stdout } = await run('bash', ['-c', printed])
    const [answer = '', ...rest] = stdout.split(/(?=OTEL_)/)
    assert.equal(answer.trim(), '{}')
    const { level, service, message } = await newest()
    assert.deepEqual([level, service, message], ['INFO', 'hello', 'my first log'])
    const environment = new Map(rest.map(line => line.trim().split(/=(.*)/, 2) as [string, string]))
    // As SDKs read it: pairs with commas, percent-encoded.
    const [name = '', value = ''] = (environment.get('OTEL_EXPORTER_OTLP_LOGS_HEADERS') ?? '')
      .split(/=(.*)/, 2)
      .map(decodeURIComponent)
    const reply = await fetch(environment.get('OTEL_EXPORTER_OTLP_LOGS_ENDPOINT') ?? '', {
      method: 'POST',
      headers: { [name]: value, 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(0),
    })
    assert.equal(reply.status, 200)
  })

  test('Node.js', { skip: sdkIsMissing }, async () => {
    // In the repository, where the package is found.
    const program = mkdtempSync(join(ROOT, 'examples', 'snippet-'))
    try {
      writeFileSync(join(program, 'first.mjs'), codeOf('sdk'))
      const env = { ...process.env, LOGBOY_GRPC_URL: server.note.grpc }
      await run(process.execPath, [join(program, 'first.mjs')], { env })
    } finally {
      rmSync(program, { recursive: true, force: true })
    }
    const { attributes, service } = await newest()
    assert.deepEqual([service, attributes['user']], ['hello', 'ada'])
  })

  test('Fluent Bit sends what its configuration says', async () => {
    const { pipeline } = parse(codeOf('agent')) as FluentBit
    const [output] = pipeline.outputs
    assert.ok(output !== undefined && output.name === 'http' && output.format === 'json_lines')
    const headers = output.header.map(line => line.split(/ (.*)/, 2) as [string, string])
    // A line of its output: the time under its key, then the record, which of a file is `log`.
    const record = { [output.json_date_key]: '2026-11-20T09:39:52.000681Z', log: 'from a file' }
    const reply = await fetch(`http://${output.host}:${output.port}${output.uri}`, {
      method: 'POST',
      headers: [
        ...headers,
        ['content-type', 'application/x-ndjson'],
        ['content-encoding', output.compress],
      ],
      body: gzipSync(`${JSON.stringify(record)}\n`),
    })
    assert.deepEqual(await reply.json(), { accepted: 1, rejected: [] })
    const { message, time } = await newest('"from a file"')
    assert.deepEqual([message, time], ['from a file', '2026-11-20T09:39:52.000681Z'])
    assert.equal(output.json_date_format, 'iso8601')
  })

  test('Log files', async () => {
    const file = join(folder, 'app.log')
    writeFileSync(file, '{"level":"warn","message":"shipped"}\n')
    const [command = ''] = codeOf('ship').split('\n')
    const logboy = `${process.execPath} ${join(ROOT, 'scripts/logboy.mjs')}`
    const shipped = command.replace('npx logboy', logboy).replace('app.log', file)
    await run('bash', ['-c', shipped], {
      env: { ...process.env, LOGBOY_GRPC_URL: server.note.grpc },
    })
    const { level, message } = await newest()
    assert.deepEqual([level, message], ['WARN', 'shipped'])
  })
})

interface FluentBit {
  readonly pipeline: {
    readonly outputs: readonly {
      readonly name: string
      readonly host: string
      readonly port: number
      readonly uri: string
      readonly header: readonly string[]
      readonly format: string
      readonly json_date_key: string
      readonly json_date_format: string
      readonly compress: string
    }[]
  }
}
