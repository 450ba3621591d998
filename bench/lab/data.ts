/** Test data for bench runs: NDJSON lines of a file, as bodies for HTTP or as sealed batches. */

import { spawnSync } from 'node:child_process'
import { appendFileSync, createReadStream, existsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { formatJson, LogGenerator } from '#actors/cli/generate/generator.ts'
import { BatchBuilder, type BatchRecord } from '#proto/batch-builder.ts'
import { parseLevel } from '#proto/level.ts'
import { parseTime } from '#proto/time.ts'
import { seededRandom } from '#runtime/random.ts'

/** The generator on which the peers were measured; it stands beside this repository there. */
const PEERS_GENERATOR = fileURLToPath(
  new URL('../../../shared/data/generator/make-data.mjs', import.meta.url),
)
const DAY_US = 86_400_000_000
const START_US = Date.UTC(2026, 10, 20) * 1000

const PIECE_ROWS = 100_000

/** A file with so many rows, made once and kept in the temporary folder. */
export function dataFile(rows: number): string {
  const peers = existsSync(PEERS_GENERATOR)
  const path = join(tmpdir(), `logboy-bench-${peers ? 'peers' : 'own'}-${rows}.ndjson`)
  if (existsSync(path) && statSync(path).size > rows * 100) return path
  if (peers) {
    const args = [PEERS_GENERATOR, '--rows', String(rows), '--seed', '1', '--out', path]
    const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'ignore'] })
    if (status !== 0) throw new Error('the data generator failed')
    return path
  }
  const generator = new LogGenerator({ random: seededRandom(1) })
  // In pieces: all of it is longer than a string may be.
  writeFileSync(path, '')
  for (let from = 0; from < rows; from += PIECE_ROWS) {
    const lines = Array.from({ length: Math.min(PIECE_ROWS, rows - from) }, (_, at) =>
      formatJson(generator.next(START_US + Math.floor(((from + at) * DAY_US) / rows))),
    )
    appendFileSync(path, `${lines.join('\n')}\n`)
  }
  return path
}

/** Lines in groups, so that no more than one group is in memory as text. */
export async function* readLines(path: string, group: number): AsyncGenerator<string[]> {
  let lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines.push(line)
    if (lines.length === group) {
      yield lines
      lines = []
    }
  }
  if (lines.length > 0) yield lines
}

export interface SealedBatch {
  readonly bytes: Uint8Array
  readonly rows: number
}

/** The file as batches that an SDK would send, `rows` in each. */
export async function* sealedBatches(path: string, rows: number): AsyncGenerator<SealedBatch> {
  for await (const lines of readLines(path, rows)) {
    const builder = new BatchBuilder({ sdkName: 'bench', sdkVersion: '0' })
    for (const line of lines) builder.append(recordOf(line))
    while (builder.count > 0) {
      const before = builder.count
      const bytes = builder.seal()
      yield { bytes, rows: before - builder.count }
    }
  }
}

/** A line of the peers' generator as the SDK takes it. */
export function recordOf(line: string): BatchRecord {
  const { time, timestamp, level, service, host, message, trace_id, span_id, ...rest } = JSON.parse(
    line,
  ) as Record<string, string>
  return {
    timeUs: parseTime(time ?? timestamp ?? '')?.timeUs ?? null,
    severity: parseLevel(level ?? '').severity,
    service: service ?? '',
    host: host ?? '',
    file: '',
    message: message ?? '',
    ...(trace_id === undefined ? {} : { traceId: trace_id }),
    ...(span_id === undefined ? {} : { spanId: span_id }),
    attributes: Object.entries(rest),
  }
}
