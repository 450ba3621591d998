/**
 * Where doors drop what they refused: never waits and never fails. Letters are written a moment
 * later, several at once. Bounded: while much waits, or a project has its share of letters, new
 * ones are counted as not kept, so that no sender of nonsense pushes out what others have there.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'

/** Letters of one project that are kept, and their bytes: weeks of mistakes, a minute of a loop. */
export const PROJECT_LETTERS_MAX = 10_000
export const PROJECT_LETTER_BYTES_MAX = 64 * 1024 * 1024
/** Letters that wait to be written: a few of the largest. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024
const WRITE_INTERVAL_MS = 200
/** How often it is counted what others wrote and deleted; only while letters come. */
const COUNT_INTERVAL_MS = 5 * 60_000

export interface LetterBoxOptions {
  readonly letters: Pick<DeadLetters, 'put' | 'list'>
  readonly clock: Clock
  readonly onFault: (error: Error, where: string) => void
  readonly projectLettersMax?: number
  readonly projectBytesMax?: number
}

interface Share {
  letters: number
  bytes: number
}

export class LetterBox {
  readonly #options: LetterBoxOptions
  #waiting: DeadLetter[] = []
  #waitingBytes = 0
  #shares = new Map<string, Share>()
  #countedAtMs = -Infinity
  #notKept = 0
  #writing: Promise<void> | null = null
  #cancel: Cancel | null = null

  constructor(options: LetterBoxOptions) {
    this.#options = options
  }

  /** Takes the letter, or counts it as not kept. */
  drop(letter: Omit<DeadLetter, 'atUs'>): void {
    const { length } = letter.bytes
    if (this.#waitingBytes + length > WAITING_BYTES_MAX) {
      this.#notKept++
      return
    }
    // What a letter points to may be used again by its sender.
    const bytes = Uint8Array.from(letter.bytes)
    this.#waiting.push({ ...letter, bytes, atUs: this.#options.clock.nowUs() })
    this.#waitingBytes += length
    this.#cancel ??= this.#options.clock.after(WRITE_INTERVAL_MS, () => {
      this.#cancel = null
      void this.flush()
    })
  }

  /** Letters were deleted: there may be room again. */
  countAgain(): void {
    this.#countedAtMs = -Infinity
  }

  /** Settles once nothing waits; never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== null || this.#waiting.length > 0) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = null
      })
      await this.#writing
    }
  }

  observe(): Record<string, unknown> {
    return { waiting: this.#waiting.length, notKept: this.#notKept }
  }

  async close(): Promise<void> {
    this.#cancel?.()
    await this.flush()
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    try {
      await this.#count()
      const kept = waiting.filter(letter => this.#takeShare(letter))
      this.#notKept += waiting.length - kept.length
      if (kept.length > 0) await this.#options.letters.put(kept, 'soon')
    } catch (error) {
      this.#notKept += waiting.length
      this.#countedAtMs = -Infinity
      this.#options.onFault(error as Error, 'dead letters')
    }
  }

  async #count(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#countedAtMs < COUNT_INTERVAL_MS) return
    const notes = await this.#options.letters.list({ limit: Number.POSITIVE_INFINITY })
    this.#shares = new Map()
    for (const { projectId, length } of notes) this.#add(this.#share(projectId), length)
    this.#countedAtMs = nowMs
  }

  #takeShare({ projectId, bytes }: DeadLetter): boolean {
    const { projectLettersMax = PROJECT_LETTERS_MAX, projectBytesMax = PROJECT_LETTER_BYTES_MAX } =
      this.#options
    const share = this.#share(projectId)
    if (share.letters >= projectLettersMax || share.bytes + bytes.length > projectBytesMax) {
      return false
    }
    this.#add(share, bytes.length)
    return true
  }

  #share(projectId: string): Share {
    const share = this.#shares.get(projectId) ?? { letters: 0, bytes: 0 }
    this.#shares.set(projectId, share)
    return share
  }

  #add(share: Share, bytes: number): void {
    share.letters++
    share.bytes += bytes
  }
}
