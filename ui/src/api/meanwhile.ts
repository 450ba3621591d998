/** Two tabs that edit one thing: what is sent names what was read, and the later one is told. */
import { ApiError } from './client.ts'

/** Of what was read, that which is about to be replaced. */
export function expectedOf<Thing extends object>(
  read: Thing,
  wanted: Partial<Thing>,
): Partial<Thing> {
  const names = Object.keys(wanted) as (keyof Thing)[]
  return Object.fromEntries(names.map(name => [name, read[name]])) as Partial<Thing>
}

export function isMeanwhile(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'LOGBOY_CONFLICT'
}

interface Versioned {
  readonly id: string
  readonly version: number
}

/**
 * What somebody changes, in the version that was read; null = a new one. Where somebody else
 * changed it meanwhile that is told once: from then on theirs is what is replaced.
 */
export class KnownVersion<Thing extends Versioned> {
  #known: Thing | null
  readonly #readAgain: (id: string) => Promise<Thing>

  constructor(known: Thing | null, readAgain: (id: string) => Promise<Thing>) {
    this.#known = known
    this.#readAgain = readAgain
  }

  async save<Result>(send: (known: Thing | null) => Promise<Result>): Promise<Result> {
    const known = this.#known
    try {
      return await send(known)
    } catch (error) {
      if (!isMeanwhile(error) || known === null) throw error
      const now = await this.#readAgain(known.id)
      this.#known = now
      if (now.version === known.version) throw error
      throw new Error(`${(error as Error).message}. Save again to replace it, cancel to see theirs`)
    }
  }
}
