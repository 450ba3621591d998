/** A request of OpenTelemetry in protobuf: resources, their scopes, and the records of these. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { WIRE, WireError, WireReader } from '#proto/wire.ts'
import { BatchColumns, type BatchColumnsOptions } from '../json/batch-columns.ts'
import { ChunkBuilder } from '../json/chunk-builder.ts'
import type { DecodedRecords } from '../json/json-body.ts'
import { forEachMessage, type Span } from './any-value.ts'
import { REQUEST, RESOURCE_LOGS, SCOPE_LOGS } from './otlp-fields.ts'
import type { UnreadableRecords } from './otlp-json-records.ts'
import { recordLine } from './otlp-line.ts'
import { OtlpTime } from './otlp-readers.ts'
import { OtlpScanner } from './otlp-scanner.ts'

/**
 * What records may take with the attributes of their resource, which stand once in a request but
 * are every record's: a small request could become a large one.
 */
const EXPANDED_BYTES_MAX = 4 * BODY_BYTES_MAX

export interface OtlpWishes extends BatchColumnsOptions {
  readonly keepPlaces?: boolean
  /** Records that were found to be none before the request was in protobuf. */
  readonly unreadable?: UnreadableRecords
}

export type OtlpBody =
  | DecodedRecords
  /** It is no request; nothing of it was taken. */
  | { readonly type: 'malformed'; readonly reason: string; readonly refused: null }
  | { readonly type: 'too-large'; readonly refused: null }

const TOO_LARGE: OtlpBody = { type: 'too-large', refused: null }

/** Decodes a whole request; never throws for what a client could have sent. */
export function decodeRequest(bytes: Uint8Array, wishes: OtlpWishes): OtlpBody {
  try {
    return new RequestDecoder(bytes, wishes).decode()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { type: 'malformed', reason: `not an OTLP request: ${error.message}`, refused: null }
  }
}

const NONE: UnreadableRecords = new Map()

class RequestDecoder {
  readonly #wire: WireReader
  readonly #scanner: OtlpScanner
  readonly #records: ChunkBuilder
  readonly #unreadable: UnreadableRecords
  readonly #lines: Buffer[] = []
  #lineBytes = 0
  #expandedBytes = 0

  constructor(bytes: Uint8Array, wishes: OtlpWishes) {
    const { keepPlaces = false, unreadable = NONE, ...options } = wishes
    this.#unreadable = unreadable
    this.#wire = new WireReader(bytes)
    this.#scanner = new OtlpScanner(this.#wire)
    const { level } = this.#scanner
    const readers = { record: this.#scanner, time: new OtlpTime(), level }
    this.#records = new ChunkBuilder(new BatchColumns(readers, options), keepPlaces)
  }

  decode(): OtlpBody {
    const request = { start: 0, end: this.#wire.bytes.length }
    forEachMessage(this.#wire, request, REQUEST.resourceLogs, (start, end) =>
      this.#resourceLogs({ start, end }),
    )
    if (this.#expandedBytes > EXPANDED_BYTES_MAX) return TOO_LARGE
    const refused = this.#lines.length === 0 ? null : new Uint8Array(Buffer.concat(this.#lines))
    return { type: 'decoded', ...this.#records.finish(), refused }
  }

  /** The resource may stand behind its logs, so it is looked for first. */
  #resourceLogs(span: Span): void {
    this.#scanner.resource(this.#last(span, RESOURCE_LOGS.resource))
    forEachMessage(this.#wire, span, RESOURCE_LOGS.scopeLogs, (start, end) =>
      this.#scopeLogs({ start, end }),
    )
  }

  #scopeLogs(span: Span): void {
    this.#scanner.scope(this.#last(span, SCOPE_LOGS.scope))
    forEachMessage(this.#wire, span, SCOPE_LOGS.logRecords, (start, end) =>
      this.#record(start, end),
    )
  }

  #record(start: number, end: number): void {
    if (this.#expandedBytes > EXPANDED_BYTES_MAX) return
    const unreadable = this.#unreadable.get(this.#records.index)
    if (unreadable !== undefined) return this.#refuse(unreadable.reason, () => unreadable.line)
    this.#scanner.scan(start, end)
    const { refusal, rawBytes } = this.#scanner
    this.#expandedBytes += rawBytes
    const why = refusal ?? this.#records.take({ start, end, rawBytes })
    if (why !== null) this.#refuse(why, () => recordLine(this.#scanner))
  }

  #refuse(reason: string, lineOf: () => string): void {
    this.#records.refuse(reason)
    if (this.#lineBytes > LETTER_BYTES_MAX) return
    const line = Buffer.from(`${lineOf()}\n`)
    this.#lineBytes += line.length
    // Of the first one at least a part is kept.
    if (this.#lines.length === 0) this.#lines.push(line.subarray(0, LETTER_BYTES_MAX))
    else if (this.#lineBytes <= LETTER_BYTES_MAX) this.#lines.push(line)
  }

  /** The last message in `field`, which is the one that counts. */
  #last({ start, end }: Span, field: number): Span {
    let last: Span = { start, end: start }
    const wire = this.#wire
    wire.seek(start, end)
    while (wire.next()) {
      if (wire.field === field && wire.wireType === WIRE.bytes) {
        last = { start: wire.span(), end: wire.position }
      } else wire.skip()
    }
    return last
  }
}
