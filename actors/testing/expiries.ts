/** What was asked to be deleted, and what of it is sure: an expiry under faults may be in doubt. */

interface Expiry {
  /** Rows received before this may be gone. */
  attemptedUs: number
  /** Rows received before this are gone. */
  confirmedUs: number
}

export class Expiries {
  readonly #projects = new Map<string, Expiry>()

  of(projectId: string): Readonly<Expiry> {
    return this.#projects.get(projectId) ?? { attemptedUs: 0, confirmedUs: 0 }
  }

  attempt(projectId: string, beforeUs: number): void {
    const known = this.of(projectId)
    const attemptedUs = Math.max(known.attemptedUs, beforeUs)
    this.#projects.set(projectId, { ...known, attemptedUs })
  }

  confirm(projectId: string, beforeUs: number): void {
    const known = this.of(projectId)
    const confirmedUs = Math.max(known.confirmedUs, beforeUs)
    this.#projects.set(projectId, { ...known, confirmedUs })
  }
}
