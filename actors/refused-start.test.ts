/** Starts that cannot be: one clear line, exit 1, and nothing of what is there is touched. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { RunningServer } from './testing/running-server.ts'
import { ServerProcess } from './testing/server-process.ts'

suite('a start that cannot be', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-refused-'))
  const filled = join(folder, 'filled')
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A folder with a segment and rows that are only in the journal. */
  before(async () => {
    mkdirSync(filled)
    const server = await RunningServer.start({}, filled)
    const { ingest_key: key } = await server.createProject('kept')
    await server.ingest(key, { service: 'logboy version 9', message: 'in a segment' })
    await server.call('POST', '/api/v1/system/flush')
    await server.ingest(key, { message: 'in the journal' })
    await server.stop()
  })

  const copies = { made: 0 }
  const copy = (): string => {
    const path = join(folder, `copy-${++copies.made}`)
    cpSync(filled, path, { recursive: true })
    return path
  }

  /** Starts and expects the one line, which names what is wrong. */
  const refused = async (
    t: TestContext,
    path: string,
    line: RegExp,
    flags: Record<string, string> = {},
  ): Promise<void> => {
    const server = new ServerProcess(path, { 'log-level': 'error', ...flags })
    t.after(() => server.stop('SIGKILL'))
    const { code, stderr } = await server.ended
    assert.match(stderr, /^logboy: [^\n]+\n$/)
    assert.match(stderr, line)
    assert.equal(code, 1)
  }

  test('a second server on one folder is told the pid of the first, which goes on', async t => {
    const first = new ServerProcess(copy())
    t.after(() => first.stop('SIGKILL'))
    const url = await first.ready()
    const path = join(folder, `copy-${copies.made}`)
    await refused(t, path, new RegExp(`${path} is in use by the server with pid ${first.pid};`))
    assert.equal((await fetch(`${url}/health`)).status, 200)
    assert.equal((await first.stop()).code, 0)
  })

  test('a port of HTTP that is taken is named', async t => {
    const { port, close } = await takenPort()
    const line = new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`)
    await refused(t, copy(), line, { 'http-port': String(port) })
    close()
  })

  for (const flag of ['grpc-port', 'otlp-http-port']) {
    test(`a ${flag} that is taken is named`, async t => {
      const { port, close } = await takenPort()
      const line = new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`)
      await refused(t, copy(), line, { [flag]: String(port) })
      close()
    })
  }

  test('a folder that cannot be written is named', async t => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await refused(t, join(file, 'data'), /file\/data cannot be written: ENOTDIR/)
    await refused(t, '/proc/logboy', /\/proc\/logboy cannot be written: ENOENT/)
  })

  test('a setting that cannot be used is named with its value', async t => {
    await refused(t, copy(), /LOGBOY_HTTP_PORT=http: expected a whole number/, {
      'http-port': 'http',
    })
    const missing = join(folder, 'missing.pem')
    const tls = { 'tls-cert': missing, 'tls-key': missing }
    await refused(t, copy(), /missing\.pem/, tls)
  })

  const newer: readonly (readonly [what: string, change: (path: string) => unknown])[] = [
    ['journal', path => raiseJournal(join(path, 'journal'))],
    ['manifest', path => raiseManifest(join(path, 'store'))],
    ['segment', path => raiseSegment(join(path, 'store'))],
    ['catalog', path => raiseCatalog(join(path, 'catalog'))],
  ]
  for (const [what, change] of newer) {
    test(`a ${what} of a newer version is named, and left as it is`, async t => {
      const path = copy()
      await change(path)
      const before = hashesOf(path)
      await refused(
        t,
        path,
        new RegExp(`(?=.*${what}).* a newer (version of )?Logboy.*nothing was changed`),
      )
      assert.deepEqual(hashesOf(path), before)
    })
  }

  test('a Node that is too old is told which one is needed', async () => {
    const start = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url))
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",' +
      '{value:{...process.versions,node:"18.20.4"}})'
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>(resolve => {
      execFile(process.execPath, ['--import', pretend, start], (error, _, text) =>
        resolve({ code: error?.code, stderr: text }),
      )
    })
    assert.match(stderr, /^logboy: Node 18\.20\.4 is too old: Logboy needs Node 20[^\n]*\n$/)
    assert.equal(code, 1)
  })
})

/** One of the two copies of a journal file's header. */
const HALF_HEADER_BYTES = 40

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

/** Journal and store file by file; a database writes to its own files whenever it is opened. */
function hashesOf(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(file => /\/(journal|store)\//.test(file))
  return Object.fromEntries(
    files.map(file => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  )
}

function rewrite(folder: string, names: RegExp, change: (bytes: Buffer) => void): void {
  const found = readdirSync(folder).filter(name => names.test(name))
  assert.notEqual(found.length, 0)
  for (const name of found) {
    const bytes = readFileSync(join(folder, name))
    change(bytes)
    writeFileSync(join(folder, name), bytes)
  }
}

/** Version at byte 8 of both copies of a header, whose checksum ends them (journal-format.ts). */
function raiseJournal(folder: string): void {
  rewrite(folder, /\.journal$/, bytes => {
    const half = HALF_HEADER_BYTES
    for (const at of [0, half]) {
      bytes.writeUInt32LE(7, at + 8)
      bytes.writeUInt32LE(crc32(bytes.subarray(at, at + half - 4)), at + half - 4)
    }
  })
}

/** Version at byte 4, checksum of the first eight at 8 (manifest-file.ts). */
function raiseManifest(folder: string): void {
  rewrite(folder, /^manifest-\d+\.[ab]$/, bytes => {
    bytes.writeUInt32LE(7, 4)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8)
  })
}

/** 'logboy version 1' near the end, guarded by the checksum before the footer (footer.ts). */
function raiseSegment(folder: string): void {
  rewrite(folder, /\.parquet$/, bytes => {
    const version = bytes.lastIndexOf('logboy version 1')
    bytes.write('7', version + 'logboy version '.length)
    const footerAt = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
    const pagesAt = footerAt - 8 - bytes.readUInt32LE(footerAt - 8)
    const pages = crc32(bytes.subarray(pagesAt, footerAt - 4))
    bytes.writeUInt32LE(crc32(bytes.subarray(footerAt, bytes.length - 8), pages), footerAt - 4)
  })
}

async function raiseCatalog(folder: string): Promise<void> {
  const database = await PGlite.create(folder)
  await database.query("INSERT INTO applied_migrations (name) VALUES ('9999-later.sql')")
  await database.close()
}
