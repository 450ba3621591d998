/**
 * Certificate and key as files that a renewal replaces. They are read again every few seconds,
 * since file events are lost where the files are links into a mounted volume, and used only as a
 * pair that fits: a renewal caught halfway changes nothing.
 */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { TlsFiles } from './http-server.ts'
import { ListenError } from './listen-error.ts'

export interface TlsPair {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Both files, or LOGBOY_TLS_INVALID: unreadable, malformed, or not made for each other. */
export function readTlsPair({ certFile, keyFile }: TlsFiles): TlsPair {
  try {
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    createSecureContext(pair)
    return pair
  } catch (error) {
    const message = `cannot use ${certFile} with ${keyFile}: ${(error as Error).message}`
    throw new ListenError('LOGBOY_TLS_INVALID', message, error)
  }
}

export interface TlsWatch {
  /** Runs `take` after every change to a usable pair. */
  onChange(take: (pair: TlsPair) => void | Promise<void>): void
  stop(): void
}

export interface TlsWatchOptions {
  readonly files: TlsFiles
  readonly clock: Clock
  readonly onFault: (error: Error, where: string) => void
}

const LOOK_INTERVAL_MS = 2_000

/** Throws LOGBOY_TLS_INVALID when the files cannot be used now. */
export function watchTlsFiles(options: TlsWatchOptions): TlsWatch {
  return new PollingWatch(options)
}

class PollingWatch implements TlsWatch {
  readonly #options: TlsWatchOptions
  readonly #takers: ((pair: TlsPair) => void | Promise<void>)[] = []
  #pair: TlsPair
  #fault = ''
  #cancel: Cancel

  constructor(options: TlsWatchOptions) {
    this.#options = options
    this.#pair = readTlsPair(options.files)
    this.#cancel = this.#lookLater()
  }

  onChange(take: (pair: TlsPair) => void | Promise<void>): void {
    this.#takers.push(take)
  }

  stop(): void {
    this.#cancel()
  }

  #lookLater(): Cancel {
    return this.#options.clock.after(LOOK_INTERVAL_MS, () => {
      this.#cancel = this.#lookLater()
      this.#look()
    })
  }

  #look(): void {
    try {
      const pair = readTlsPair(this.#options.files)
      this.#fault = ''
      if (pair.cert.equals(this.#pair.cert) && pair.key.equals(this.#pair.key)) return
      this.#pair = pair
      for (const take of this.#takers) void this.#hand(take, pair)
    } catch (error) {
      this.#tell(error as Error)
    }
  }

  async #hand(take: (pair: TlsPair) => void | Promise<void>, pair: TlsPair): Promise<void> {
    try {
      await take(pair)
    } catch (error) {
      this.#tell(error as Error)
    }
  }

  /** Once for each reason: a renewal may take a while. */
  #tell(error: Error): void {
    if (error.message === this.#fault) return
    this.#fault = error.message
    this.#options.onFault(error, 'certificates')
  }
}
