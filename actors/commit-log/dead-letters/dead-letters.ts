/**
 * The contract of dead letters: what was acknowledged and cannot become searchable, and what a door
 * refused, kept with its reason until a person has looked at it. In files, or in a topic of Kafka.
 */

/** Which part gave it up, and so what the bytes of a letter are. */
export const LETTER_SOURCES = [
  /** JSON as it came to `POST /ingest`: refused records, one after the other, or a whole body. */
  'ingest',
  /** Refused records of OpenTelemetry, printed as JSON, one a line. */
  'otlp',
  /** Refused records of an SDK's batch, printed as JSON, one a line. */
  'sdk',
  /** The same of a batch of metrics; nothing takes them as JSON. */
  'sdk-metrics',
  /** A batch of an SDK that is none. */
  'sdk-batch',
  /** A batch with its envelope that the store could not write, see entry-letter.ts. */
  'store',
  /** A record of the log that is none of ours. */
  'commit-log',
] as const
export type LetterSource = (typeof LETTER_SOURCES)[number]

export interface DeadLetter {
  readonly projectId: string
  readonly source: LetterSource
  /** Why, in words for a person. */
  readonly reason: string
  /** When it was given up (µs since 1970). */
  readonly atUs: number
  /** What it was, as it came: up to LETTER_BYTES_MAX. */
  readonly bytes: Uint8Array
}

/** A letter without its contents. */
export interface DeadLetterNote extends Omit<DeadLetter, 'bytes'> {
  readonly id: string
  readonly length: number
}

export interface DeadLetterQuery {
  /** Of all projects without it. */
  readonly projectId?: string
  readonly source?: LetterSource | undefined
  /** Part of the reason, in any case. */
  readonly reason?: string | undefined
  /** Goes on behind the letter of this id. */
  readonly after?: string | undefined
  /** Else the oldest come first. */
  readonly newestFirst?: boolean
  readonly limit: number
}

/** A batch with its envelope. */
export const LETTER_BYTES_MAX = 880 * 1024
const REASON_CHARS_MAX = 4_096

export interface DeadLetters {
  /**
   * Settles with their ids once all are durable; `soon`: once they are written, and the system
   * brings them to the disk, for what nobody was promised.
   */
  put(letters: readonly DeadLetter[], when?: 'durable' | 'soon'): Promise<readonly string[]>
  list(query: DeadLetterQuery): Promise<readonly DeadLetterNote[]>
  read(id: string): Promise<DeadLetter | null>
  /** Answers how many of them were there. */
  delete(ids: readonly string[]): Promise<number>
  observe(): Record<string, unknown>
  close(): Promise<void>
}

/** What is too long is cut: better a part of it than nothing. */
export function bounded(letter: DeadLetter): DeadLetter {
  const { reason, bytes } = letter
  return {
    ...letter,
    reason: reason.slice(0, REASON_CHARS_MAX),
    bytes: bytes.subarray(0, LETTER_BYTES_MAX),
  }
}

/** The part of the notes that a query asks for. */
export function select(
  notes: Iterable<DeadLetterNote>,
  { projectId, source, reason = '', after = '', newestFirst = false, limit }: DeadLetterQuery,
): readonly DeadLetterNote[] {
  const sought = reason.toLowerCase()
  const isBehind = (id: string): boolean => after === '' || (newestFirst ? id < after : id > after)
  const sign = newestFirst ? -1 : 1
  return [...notes]
    .filter(note => {
      if (projectId !== undefined && note.projectId !== projectId) return false
      if (source !== undefined && note.source !== source) return false
      return isBehind(note.id) && note.reason.toLowerCase().includes(sought)
    })
    .sort((a, b) => (a.id < b.id ? -sign : sign))
    .slice(0, limit)
}
