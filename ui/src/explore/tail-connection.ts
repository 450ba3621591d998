/**
 * Keeps one tail socket open: hands on its frames, reconnects by itself with the last token, and
 * takes a silent line for a dead one. Socket and clock come from outside.
 */
import type { TailFrame } from '#proto/tail.ts'
import type { Cancel, Clock } from '../clock.ts'

export type TailStatus = 'off' | 'connecting' | 'open' | 'waiting'

export interface SocketEvents {
  message(text: string): void
  closed(): void
}

export interface TailConnectionOptions {
  /** Opens a socket that goes on after `token`; answers how to close it. */
  readonly open: (token: string, events: SocketEvents) => Cancel
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly jitter: () => number
  readonly onFrame: (frame: TailFrame) => void
  readonly onStatus: (status: TailStatus, problem: string | null) => void
}

/** The server says `idle` every few seconds; this much silence means that nobody is there. */
export const SILENCE_MAX_MS = 30_000
const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 10_000

export class TailConnection {
  readonly #options: TailConnectionOptions
  #token = ''
  #status: TailStatus = 'off'
  #problem: string | null = null
  #attempts = 0
  #close: Cancel = nothing
  #cancelTimer: Cancel = nothing

  constructor(options: TailConnectionOptions) {
    this.#options = options
  }

  start(token: string): void {
    this.stop()
    this.#token = token
    this.#attempts = 0
    this.#problem = null
    this.#connect()
  }

  stop(): void {
    this.#cancelTimer()
    this.#close()
    this.#close = nothing
    this.#setStatus('off')
  }

  /** The network is back or the page is seen again: do not wait for the next attempt. */
  nudge(): void {
    if (this.#status !== 'waiting') return
    this.#cancelTimer()
    this.#connect()
  }

  #connect(): void {
    this.#setStatus('connecting')
    this.#watch()
    let current = true
    const close = this.#options.open(this.#token, {
      message: text => {
        if (current) this.#receive(text)
      },
      closed: () => {
        if (current) this.#retry()
      },
    })
    // A socket that was given up may still speak: it is not listened to any more.
    this.#close = () => {
      current = false
      close()
    }
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as TailFrame
    this.#watch()
    if (frame.type === 'error') {
      this.#problem = frame.detail
    } else {
      this.#token = frame.token
      this.#attempts = 0
      this.#problem = null
      this.#setStatus('open')
    }
    this.#options.onFrame(frame)
  }

  #retry(): void {
    this.#cancelTimer()
    this.#close()
    this.#close = nothing
    const longest = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#attempts)
    this.#attempts = Math.min(this.#attempts + 1, 16)
    this.#cancelTimer = this.#options.clock.after(
      longest * (0.5 + this.#options.jitter() / 2),
      () => this.#connect(),
    )
    this.#setStatus('waiting')
  }

  #watch(): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.after(SILENCE_MAX_MS, () => this.#retry())
  }

  #setStatus(status: TailStatus): void {
    if (status === this.#status && status !== 'waiting') return
    this.#status = status
    this.#options.onStatus(status, this.#problem)
  }
}

function nothing(): void {}
