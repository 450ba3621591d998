import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { encodeRowGroup } from './row-group.ts'
import { chooseAttributes, segmentSchema, timeUnitOf } from './schema.ts'
import { arbitraryParts } from './testing/arbitrary-rows.ts'
import { fileOf } from './testing/memory-file.ts'
import { columnsOf, doubleText, type PlainRow } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

/** Segments are Parquet files for everyone: three other readers must see the same rows. */

const folder = mkdtempSync(join(tmpdir(), 'logboy-parquet-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const FIXED_COLUMNS = 17

interface Sample {
  readonly path: string
  readonly bytes: Buffer
  readonly rows: readonly PlainRow[]
  /** `<type>.<key>` of the attributes with a column. */
  readonly names: readonly string[]
}

/** Two row groups, the second without some columns; times in ms where that says all of them. */
function sampleOf(parts: readonly (readonly PlainRow[])[], name: string): Sample {
  const columns = parts.map(part => columnsOf(part, 'dictionary'))
  const all = chooseAttributes(columns, 64)
  const groups = [
    encodeRowGroup(columns, segmentSchema(all, timeUnitOf(columns))),
    encodeRowGroup(columns, segmentSchema(all.slice(0, 2), timeUnitOf(columns))),
  ]
  const bytes = fileOf(groups)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const names = all.map(({ type, key }) => `${type}.${key}`)
  return { path, bytes, names, rows: parts.flat() }
}

function samples(count: number): Sample[] {
  const odd = fc
    .sample(arbitraryParts, { numRuns: count, seed: 7 })
    .map((parts, index) => sampleOf(parts, `${index}.parquet`))
  return [...odd, manyRows, wholeMillis]
}

/** Texts of several pages, all different: paths and users have prefixes, messages have none. */
const manyRows = sampleOf([sampleRows(9_000).map(withUser)], 'many.parquet')

const wholeMillis = sampleOf(
  [sampleRows(600).map(row => ({ ...row, timeUs: Math.floor(row.timeUs / 1_000) * 1_000 }))],
  'millis.parquet',
)

function withUser(row: PlainRow, index: number): PlainRow {
  const user = index % 3 === 0 ? {} : { 's.user': `u${index % 100 === 1 ? 'ñ' : ''}${index}` }
  return { ...row, attributes: { ...row.attributes, ...user } }
}

/** A row as every reader is asked for it: texts, numbers and null. */
type Facts = readonly (string | number | null)[]

function factsOf(row: PlainRow, names: readonly string[]): Facts {
  return [
    String(row.producer),
    String(row.seq),
    row.row,
    row.timeUs,
    row.timeSubNs,
    row.receivedAtUs,
    row.kind,
    row.flags,
    row.severity,
    row.severityText,
    row.service,
    row.host,
    row.file,
    row.message,
    row.traceId,
    row.spanId,
    String(row.patternId),
    ...names.map(name => row.attributes[name] ?? null),
  ]
}

/** What another reader found, in the same form and order. */
function assertSame(found: readonly Facts[], sample: Sample): void {
  const expected = sample.rows.map(row => factsOf(row, sample.names))
  const sorted = (rows: readonly Facts[]): string[] => rows.map(row => JSON.stringify(row)).sort()
  assert.deepEqual(sorted(found), sorted(expected))
}

const FIXED_SQL = `producer::VARCHAR, seq::VARCHAR, "row", epoch_us(time)::DOUBLE, time_sub_ns,
  epoch_us(received_at)::DOUBLE, kind, flags, severity, severity_text, service, host, file, message,
  lower(hex(trace_id)), lower(hex(span_id)), pattern_id::VARCHAR`

test('DuckDB reads every column, and filters by the bounds of row groups', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const sample of samples(15)) {
      const own = sample.names.map(name => `"attr.${name.replaceAll('"', '""')}"`)
      const rows = async (where: string): Promise<Facts[]> => {
        const sql = `SELECT ${[FIXED_SQL, ...own].join()} FROM '${sample.path}' WHERE ${where}`
        const found = (await connection.runAndReadAll(sql)).getRowsJS()
        return found.map(row => row.map(factOf))
      }
      const half = sample.rows.length
      assertSame(await rows(`file_row_number < ${half}`), sample)
      for (const row of sample.rows.slice(0, 3)) {
        const { seq, producer, service } = row
        const where = `producer = ${producer} AND seq = ${seq} AND "row" = ${row.row}
          AND time = make_timestamptz(${row.timeUs}) AND service = decode('${blobOf(service)}'::BLOB)
          AND file_row_number < ${half}`
        assertSame(await rows(where), { ...sample, rows: [row] })
      }
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})

function blobOf(text: string): string {
  return [...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

/** A value of another reader as text, number or null. */
function factOf(value: unknown, column: number): string | number | null {
  if (value === null || value === undefined) return null
  if (column < FIXED_COLUMNS) return value as string | number
  return typeof value === 'number' ? doubleText(value) : String(value as string | bigint | boolean)
}

const PARSERS = {
  timestampFromMicroseconds: (micros: bigint) => Number(micros),
  timestampFromMilliseconds: (millis: bigint) => Number(millis) * 1_000,
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('utf8'),
}

test('hyparquet reads every column', async () => {
  for (const sample of samples(15)) {
    const { buffer, byteOffset, byteLength } = sample.bytes
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
    const objects = await parquetReadObjects({
      file,
      rowEnd: sample.rows.length,
      compressors: { ZSTD: packed => zstdDecompressSync(packed) },
      parsers: PARSERS,
    })
    assertSame(
      objects.map(object => hyparquetFacts(object, sample.names)),
      sample,
    )
  }
})

function hyparquetFacts(row: Record<string, unknown>, names: readonly string[]): Facts {
  const id = (value: unknown): string | null =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null
  return [
    String(row['producer']),
    String(row['seq']),
    row['row'] as number,
    Number(row['time']),
    row['time_sub_ns'] as number,
    Number(row['received_at']),
    ...(['kind', 'flags', 'severity'] as const).map(name => row[name] as number),
    ...(['severity_text', 'service', 'host', 'file', 'message'] as const).map(
      name => row[name] as string,
    ),
    id(row['trace_id']),
    id(row['span_id']),
    factOf(row['pattern_id'], FIXED_COLUMNS),
    ...names.map(name => factOf(row[`attr.${name}`], FIXED_COLUMNS)),
  ]
}

const PYTHON = `
import json, math, sys
import pyarrow
import pyarrow.parquet as parquet
table = parquet.read_table(sys.argv[1], page_checksum_verification=True)
def text(name, value):
    if value is None: return None
    if name.startswith("attr.b."): return "true" if value else "false"
    if name.startswith("attr.d."): return value.hex()
    if isinstance(value, bytes): return value.hex()
    return str(value)
columns = []
for name in table.column_names:
    column = table.column(name)
    if name in ("time", "received_at"): column = column.cast(pyarrow.timestamp("us", "UTC")).cast("int64")
    columns.append([text(name, value) for value in column.to_pylist()])
print(json.dumps({"names": table.column_names, "columns": columns}))
`

const hasPyarrow = spawnSync('python3', ['-c', 'import pyarrow.parquet']).status === 0

test('pyarrow reads every column and all checksums hold', {
  skip: hasPyarrow ? false : 'python3 has no pyarrow here: nothing was compared with it',
}, () => {
  for (const sample of samples(4)) {
    const out = execFileSync('python3', ['-c', PYTHON, sample.path], { maxBuffer: 1 << 28 })
    const { names, columns } = JSON.parse(out.toString('utf8')) as {
      readonly names: readonly string[]
      readonly columns: readonly (readonly (string | null)[])[]
    }
    const valueAt = (name: string, row: number): string | null =>
      columns[names.indexOf(name)]?.[row] ?? null
    const found = sample.rows.map((_, row): Facts => {
      const texts = PYTHON_COLUMNS.map(name => valueAt(name, row))
      const numbers = texts.map((text, i) => (isNumber(PYTHON_COLUMNS[i]) ? Number(text) : text))
      return [
        ...numbers,
        ...sample.names.map(name => attributeFact(name, valueAt(`attr.${name}`, row))),
      ]
    })
    assertSame(found, sample)
  }
})

const PYTHON_COLUMNS = [
  'producer',
  'seq',
  'row',
  'time',
  'time_sub_ns',
  'received_at',
  'kind',
  'flags',
  'severity',
  'severity_text',
  'service',
  'host',
  'file',
  'message',
  'trace_id',
  'span_id',
  'pattern_id',
] as const

function isNumber(name: (typeof PYTHON_COLUMNS)[number] | undefined): boolean {
  const index = PYTHON_COLUMNS.indexOf(name ?? 'producer')
  return index >= 2 && index <= 8
}

/** Python writes doubles in hex, so that no digit is lost on the way. */
function attributeFact(name: string, text: string | null): string | null {
  return text === null || !name.startsWith('d.') ? text : doubleText(fromPythonHex(text))
}

function fromPythonHex(text: string): number {
  const match = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/u.exec(text)
  if (match === null) return Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'))
  const [, sign, lead, fraction = '', exponent] = match
  const digits = Number.parseInt(`${lead}${fraction}`, 16)
  const power = Number(exponent) - 4 * fraction.length
  // 2 ** power alone may be too small for a double.
  const value = digits * 2 ** Math.ceil(power / 2) * 2 ** Math.floor(power / 2)
  return sign === '-' ? -value : value
}
