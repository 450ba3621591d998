/**
 * What an SDK of some version said to its server, byte for byte, and what that means. A file of
 * recorded/ for each published version, made by record-streams.ts; later versions must understand
 * all of them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { openLogBatch } from '../../proto/log-batch.ts'
import { readColumns } from '../../proto/testing/batches.ts'
import { scanFile } from '../spool/spool-scan.ts'

export interface RecordedStream {
  readonly version: string
  readonly key: string
  /** Of the one call: request headers, and base64 of its messages with their gRPC heads. */
  readonly grpc: {
    readonly headers: Readonly<Record<string, string>>
    readonly frames: readonly string[]
    readonly rows: readonly unknown[]
  }
  /** Base64 of HTTP/1.1 requests, and the rows of their batches. */
  readonly http: { readonly requests: readonly string[]; readonly rows: readonly unknown[] }
  /** Base64 of the file that a spool left, and the rows of its batches. */
  readonly spool: { readonly file: string; readonly rows: readonly unknown[] }
}

const FOLDER = new URL('./recorded/', import.meta.url)

export function recordedStreams(): RecordedStream[] {
  return readdirSync(FOLDER)
    .toSorted()
    .map(name => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as RecordedStream)
}

/** The rows of batches, as they can stand in JSON: whole numbers beyond doubles end in n. */
export function plainRows(batches: readonly Uint8Array[]): unknown[] {
  const rows = batches.flatMap(batch => readColumns(openLogBatch(Uint8Array.from(batch))))
  const text = JSON.stringify(rows, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return JSON.parse(text) as unknown[]
}

/** The batches of a spool file, as a scan finds them. */
export function batchesOfSpool(file: Uint8Array): Uint8Array[] {
  return scanFile('recorded', file).records.flatMap(record =>
    record.type === 'batch'
      ? [file.subarray(record.position, record.position + record.length)]
      : [],
  )
}
