/** A reader of the live tail with a socket as slow as it likes, which remembers all it was told. */
import type { Row } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Subscriber } from '../subscriber.ts'

export class TailClient implements Subscriber {
  /** Messages of the rows that arrived, in order. */
  readonly messages: string[] = []
  readonly frames: TailFrame[] = []
  token: string | null = null
  dropped = 0
  readonly gaps: { from: string; to: string }[] = []
  readonly droppedRanges: { from: string; to: string }[] = []
  closedWith: string | null = null
  /** False = frames wait in the socket until `read`. */
  isFast = true
  #waiting: string[] = []
  mostWaiting = 0

  send(frameText: string): number {
    this.#waiting.push(frameText)
    this.mostWaiting = Math.max(this.mostWaiting, this.waitingBytes())
    if (this.isFast) this.read(Number.POSITIVE_INFINITY)
    return this.waitingBytes()
  }

  waitingBytes(): number {
    return this.#waiting.reduce((sum, frame) => sum + frame.length, 0)
  }

  close(reason: string): void {
    this.closedWith = reason
  }

  /** Takes frames out of the socket. */
  read(frames: number): void {
    for (const text of this.#waiting.splice(0, frames)) this.#take(JSON.parse(text) as TailFrame)
  }

  /** The connection breaks: what was in the socket is lost. */
  lose(): void {
    this.#waiting = []
  }

  #take(frame: TailFrame): void {
    this.frames.push(frame)
    if (frame.type === 'rows') {
      this.messages.push(...frame.rows.map(({ message }: Row) => message))
    } else if (frame.type === 'dropped') {
      this.dropped += frame.count
      this.droppedRanges.push(frame)
    } else if (frame.type === 'gap') this.gaps.push(frame)
    if (frame.type !== 'error') this.token = frame.token
  }
}
