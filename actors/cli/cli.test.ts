import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import type { Row } from '#proto/api.ts'
import type { Account } from '#proto/people.ts'

const LOGBOY = fileURLToPath(new URL('logboy.ts', import.meta.url))

const ANY_PORTS = {
  LOGBOY_HTTP_PORT: '0',
  LOGBOY_GRPC_PORT: '0',
  LOGBOY_OTLP_HTTP_PORT: 'off',
}

suite('the command line against a real server', { timeout: 280_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-cli-'))
  const data = join(folder, 'data')

  const logboy = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [LOGBOY, ...args, '--data', data],
      {
        env: { ...process.env, DATABASE_URL: '', ...ANY_PORTS },
        maxBuffer: 2 ** 26,
      },
    )
    return stdout
  }
  /** What is said beside the answer. */
  const notes = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, DATABASE_URL: '' }
    const command = [LOGBOY, ...args, '--data', data]
    return (await promisify(execFile)(process.execPath, command, { env })).stderr
  }
  const json = async <Value>(...args: string[]): Promise<Value> =>
    JSON.parse(await logboy(...args, '--json')) as Value
  const rows = async (...args: string[]): Promise<Row[]> =>
    (await logboy(...args, '--json'))
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Row)

  before(() => logboy('start', '--detach'))
  after(async () => {
    await logboy('stop')
    rmSync(folder, { recursive: true, force: true })
  })

  test('a project is created once, with keys that scripts can read', async () => {
    const created = await json<Record<string, string>>('project', 'create', 'shop')
    assert.deepEqual(Object.keys(created), ['id', 'name', 'ingest_key', 'read_key'])
    assert.match(created['ingest_key'] ?? '', /^lb_[a-z0-9]{12}_/)
    await assert.rejects(logboy('project', 'create', 'shop'), /name shop is taken/)
  })

  test('people get accounts, with links that set their passwords', async () => {
    const link = await logboy('account', 'create', 'ada@example.org', '--name', 'Ada')
    assert.match(link, /\/reset\?token=[\w-]{43}\n$/)
    const [ada] = await json<Account[]>('account', 'list')
    assert.partialDeepStrictEqual(ada, { name: 'Ada', administrator: true, disabled_at: null })
    assert.notEqual(await logboy('account', 'reset', 'ADA@example.org'), link)
    const less = await json<Account>('account', 'administrator', 'ada@example.org', '--revoke')
    assert.equal(less.administrator, false)
    assert.match(await logboy('account', 'disable', 'ada@example.org'), /disabled/)
    await assert.rejects(logboy('account', 'reset', 'bob@example.org'), /no account bob@/)
  })

  test('logs are counted, and deleted once somebody is sure', async () => {
    await logboy('project', 'create', 'shredder')
    const file = join(folder, 'secret.jsonl')
    const lines = [1, 2, 3].map(n => JSON.stringify({ message: `password ${n}`, service: 'a' }))
    writeFileSync(file, `${lines.join('\n')}\n{"message":"harmless"}\n`)
    await logboy('ship', file, '--project', 'shredder')
    const shred = ['delete', 'password', '--project', 'shredder', '--since', '1d', '--service', 'a']
    assert.match(await logboy(...shred, '--dry-run'), /^3 logs from .* would be deleted/)
    await assert.rejects(logboy(...shred), /3 logs of shredder .* say --yes/)
    assert.equal((await rows('search', '--project', 'shredder')).length, 4)
    assert.match(await logboy(...shred, '--yes'), /^3 logs deleted/)
    const [left, ...others] = await rows('search', '--project', 'shredder')
    assert.deepEqual([left?.message, others], ['harmless', []])
    await assert.rejects(logboy('delete', '--project', 'shredder'), /--since/)
  })

  test('logs are exported to a file that appears once it is whole', async () => {
    const file = join(folder, 'exported.jsonl')
    const out = join(folder, 'exported.parquet')
    writeFileSync(file, [1, 2, 3].map(n => `{"message":"one","n":${n}}\n`).join(''))
    await logboy('project', 'create', 'exported')
    await logboy('ship', file, '--project', 'exported')
    const ask = ['export', 'n:>1', '--project', 'exported', '--format', 'parquet', '--out', out]
    await logboy(...ask, '--columns', 'message,n')
    const found = await parquetReadObjects({
      file: new Uint8Array(readFileSync(out)).buffer,
      compressors: { ZSTD: body => zstdDecompressSync(body) },
    })
    assert.deepEqual(found.map(({ message, n }) => `${message} ${n}`).toSorted(), [
      'one 2',
      'one 3',
    ])
    await assert.rejects(logboy(...ask), /exists already/)
    await assert.rejects(logboy('export', '"open', '--project', 'exported'), /position 0/)
  })

  test('the catalog is backed up from under the server, and otherwise left alone', async () => {
    const project = await json<Record<string, string>>('project', 'create', 'backed up')
    assert.ok((await logboy('db', 'backup')).includes(`VALUES ('${project['id']}', 'backed up',`))
    await assert.rejects(logboy('db', 'reset', '--yes', 'data'), /is in use by the server with pid/)
  })

  test('a project is changed by its name, and lines are read in its time zone', async () => {
    await logboy('project', 'create', 'abroad', '--time-zone', 'Asia/Kolkata')
    const change = ['--retention-days', '7', '--records-per-second', '5000']
    const changed = await json<Record<string, unknown>>('project', 'set', 'abroad', ...change)
    assert.equal(changed['time_zone'], 'Asia/Kolkata')
    assert.deepEqual([changed['retention_days'], changed['records_per_second']], [7, 5_000])
    const file = join(folder, 'abroad.log')
    writeFileSync(file, '2026-01-10 12:00:00 INFO [kiosk] Namaste\n')
    await logboy('ship', file, '--project', 'abroad')
    const found = await rows('search', 'namaste', '--project', 'abroad', '--since', '2026-01-10')
    assert.deepEqual(
      found.map(({ time }) => time),
      ['2026-01-10T06:30:00.000Z'],
    )
    await assert.rejects(
      logboy('project', 'set', 'abroad', '--time-zone', 'Here'),
      /time zone Here/,
    )
    await assert.rejects(logboy('project', 'set', 'abroad'), /name a setting/)
  })

  test('ten thousand generated lines go round and come back equal', async () => {
    const file = join(folder, 'services.log')
    await logboy('project', 'create', 'round')
    const args = ['--count', '10000', '--format', 'text', '--seed', '7', '--seconds', '600']
    await logboy('generate', ...args, '--out', file)
    const shipped = await json<{ accepted: number }>('ship', file, '--project', 'round')
    assert.equal(shipped.accepted, 10_000)
    const found = await rows('search', '--project', 'round', '--limit', '10000')
    const back = found.map(({ time, level, service, message }) => {
      const stamp = `${time.slice(0, 10)} ${time.slice(11, 19)}`
      return `${stamp} ${level} [${service}] ${message}`
    })
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    assert.deepEqual(back.toSorted(), lines.toSorted())
    assert.ok(found.every(row => row.file === file && row.host !== ''))
  })

  test('a table comes aligned for people and as objects for programs', async () => {
    await logboy('project', 'create', 'tables')
    const file = join(folder, 'tables.jsonl')
    const line = (service: string, ms: number): string =>
      JSON.stringify({ service, message: 'done', ms })
    writeFileSync(
      file,
      `${[line('api', 5), line('api', 10), line('pay\u001bments', 3)].join('\n')}\n`,
    )
    await logboy('ship', '--log-file', file, '--project', 'tables')
    const asked = ['search', '| count, max(ms) by service', '--project', 'tables']
    assert.equal(
      await logboy(...asked),
      'service    count  max(ms)\napi            2       10\npay·ments      1        3\n',
    )
    assert.deepEqual(await rows(...asked), [
      { service: 'api', count: 2, 'max(ms)': 10 },
      { service: 'pay\u001bments', count: 1, 'max(ms)': 3 },
    ])
    const fields = ['search', 'ms:>4 | fields ms, service', '--project', 'tables', '--limit', '2']
    assert.equal((await logboy(...fields)).split('\n').length, 4)
    await assert.rejects(logboy('search', '| cuont', '--project', 'tables'), /no stage cuont/)
  })

  test('a tail prints what arrives, and a revoked key no longer ships', async () => {
    await logboy('project', 'create', 'live')
    const tail = spawn(process.execPath, [
      LOGBOY,
      'tail',
      'level:error',
      '--project',
      'live',
      '--data',
      data,
      '--json',
    ])
    const lines = createInterface({ input: tail.stdout })
    const first = new Promise<Row>(resolve => {
      lines.once('line', line => resolve(JSON.parse(line) as Row))
    })
    const file = join(folder, 'live.jsonl')
    writeFileSync(file, '{"level":"info","msg":"quiet"}\n{"level":"error","msg":"loud"}\n')
    const key = (await logboy('key', 'create', '--project', 'live', '--name', 'ship')).trim()
    const { url } = await json<{ url: string }>('status')
    const ship = () => logboy('ship', '--log-file', file, '--key', key, '--url', url)
    // The socket may open after the first line was stored: it is said again until it is heard.
    let heard: Row | undefined
    for (let attempt = 0; heard === undefined && attempt < 20; attempt++) {
      await ship()
      heard = await Promise.race([first, Promise.resolve(undefined)])
    }
    assert.equal(heard?.message, 'loud')
    assert.equal(heard?.service, 'live')
    tail.kill()
    const keys = await json<{ id: string; name: string }[]>('key', 'list', '--project', 'live')
    const { id } = keys.find(({ name }) => name === 'ship') ?? { id: '' }
    await logboy('key', 'revoke', id, '--project', 'live')
    await assert.rejects(ship(), /revoked/)
  })

  test('generating straight into a project stores exactly what it says', async () => {
    await logboy('project', 'create', 'generated')
    const told = await json<{ generated: number; accepted: number }>(
      'generate',
      '--project',
      'generated',
      '--count',
      '500',
    )
    assert.deepEqual([told.generated, told.accepted], [500, 500])
    const found = await rows('search', '--project', 'generated', '--limit', '1000')
    assert.equal(found.length, 500)
  })

  test('lines of stdin are sent as they come, and Ctrl-C ends the reading alone', async () => {
    const created = await json<Record<string, string>>('project', 'create', 'piped')
    const { url } = await json<{ url: string }>('status')
    const ship = spawn(process.execPath, [LOGBOY, 'ship', '-', '--url', url, '--json'], {
      env: { ...process.env, LOGBOY_KEY: created['ingest_key'] },
    })
    ship.stdin.write('first\n')
    let found: Row[] = []
    while (found.length === 0) found = await rows('search', '--project', 'piped')
    assert.deepEqual(
      [found[0]?.message, found[0]?.service, ship.exitCode],
      ['first', 'stdin', null],
    )
    const told = ship.stdout.toArray()
    ship.kill('SIGINT')
    assert.partialDeepStrictEqual(JSON.parse((await told).join('')), { lines: 1, accepted: 1 })
  })

  test('a packed file is shipped as what it holds, as a rotated one of its service', async () => {
    await logboy('project', 'create', 'packed')
    const file = join(folder, 'kiosk.log.2.gz')
    writeFileSync(file, gzipSync('one\r\ntwo'))
    await logboy('ship', file, '--project', 'packed')
    const found = await rows('search', '--project', 'packed')
    assert.deepEqual(found.map(row => `${row.service} ${row.message}`).toSorted(), [
      'kiosk one',
      'kiosk two',
    ])
    writeFileSync(file, gzipSync('three\n'.repeat(100)).subarray(0, 20))
    await assert.rejects(logboy('ship', file, '--project', 'packed'), /gz cannot be read: unexp/)
  })

  test('output may be read slowly, or only its beginning', async () => {
    const generate = spawn(process.execPath, [LOGBOY, 'generate', '--count', '20000'])
    // More than a pipe holds is written before anything is read.
    await once(generate.stdout, 'readable')
    const text = (await generate.stdout.toArray()).join('')
    assert.equal(text.split('\n').length, 20_001)
    const cut = spawn(process.execPath, [LOGBOY, 'generate', '--count', '20000'])
    const said = cut.stderr.toArray()
    await once(cut.stdout, 'readable')
    cut.stdout.destroy()
    assert.deepEqual([await said, ...(await once(cut, 'close'))], [[], 0, null])
  })

  test('a query is explained, and an empty answer hints at what is misspelt', async () => {
    const told = await notes('search', '--project', 'shop', '--explain', 'pay* servise:a')
    assert.match(told, /a word like pay\*, and whose servise is "a"/)
    assert.match(told, /no log of this time has the field servise/)
  })

  test('whether the server is well needs no token', async () => {
    const { url } = await json<{ url: string }>('status')
    const args = ['health', '--ready', '--url', url, '--data', join(folder, 'elsewhere')]
    const { stdout } = await promisify(execFile)(process.execPath, [LOGBOY, ...args])
    assert.equal(stdout, 'ok\n')
  })

  test('it tells its version', async () => {
    assert.match(await logboy('--version'), /^\d+\.\d+\.\d+\n$/)
  })

  test('mistakes get one clear line', async () => {
    await assert.rejects(
      logboy('search', '--project', 'nobody'),
      /there is no project nobody \(known: /,
    )
    const nothing = join(folder, 'nothing')
    await assert.rejects(logboy('ship', nothing, '--project', 'shop'), /there is no file/)
    await assert.rejects(logboy('ship', folder, '--project', 'shop'), /is a folder/)
    const out = join(folder, 'none', 'x.log')
    await assert.rejects(
      logboy('generate', '--count', '9', '--out', out),
      /x\.log cannot be written/,
    )
    await assert.rejects(logboy('search', '"open', '--project', 'shop'), /position/)
    await assert.rejects(
      logboy('start', '--detach'),
      /is in use by the server with pid \d+; stop it/,
    )
  })
})
