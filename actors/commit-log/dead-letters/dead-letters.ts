/**
 * The contract of dead letters: what was acknowledged and cannot become searchable, kept with its
 * reason until a person has looked at it. Embedded in files, or in a topic of Kafka.
 */
export interface DeadLetter {
  readonly projectId: string
  /** Which part gave it up, such as 'store'. */
  readonly source: string
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
  /** Goes on behind the letter of this id. */
  readonly after?: string
  readonly limit: number
}

/** A batch with its envelope. */
export const LETTER_BYTES_MAX = 880 * 1024
const TEXT_CHARS_MAX = 4_096

export interface DeadLetters {
  /** Settles once all are durable, with their ids. */
  put(letters: readonly DeadLetter[]): Promise<readonly string[]>
  /** In order of time. */
  list(query: DeadLetterQuery): Promise<readonly DeadLetterNote[]>
  read(id: string): Promise<DeadLetter | null>
  /** Answers how many of them were there. */
  delete(ids: readonly string[]): Promise<number>
  observe(): Record<string, unknown>
  close(): Promise<void>
}

/** Ids sort by time; the same letter put twice is two. */
export function newLetterId(atUs: number, random: Uint8Array): string {
  const time = Math.max(0, atUs).toString(36).padStart(11, '0')
  return `${time}-${Buffer.from(random).toString('hex')}`
}

/** What is too long is cut: better a part of it than nothing. */
export function bounded(letter: DeadLetter): DeadLetter {
  const { source, reason, bytes } = letter
  return {
    ...letter,
    source: source.slice(0, TEXT_CHARS_MAX),
    reason: reason.slice(0, TEXT_CHARS_MAX),
    bytes: bytes.subarray(0, LETTER_BYTES_MAX),
  }
}

/** The part of the notes, in order of id, that a query asks for. */
export function select(
  notes: Iterable<DeadLetterNote>,
  { projectId, after = '', limit }: DeadLetterQuery,
): readonly DeadLetterNote[] {
  return [...notes]
    .filter(({ id, projectId: project }) => {
      return id > after && (projectId === undefined || project === projectId)
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit)
}
