/**
 * A tree of aborts. Killing a node kills everything below it, never what is above; the first fault
 * is kept as the root cause, because those who die of it must not overwrite it.
 */
export class KillSwitch {
  readonly #children = new Set<KillSwitch>()
  readonly #controller = new AbortController()
  readonly #forget: () => void = () => undefined

  constructor(parent?: KillSwitch) {
    if (parent === undefined) return
    parent.#children.add(this)
    this.#forget = () => parent.#children.delete(this)
    if (parent.fault !== undefined) this.kill(parent.fault)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What it died of; undefined while alive. */
  get fault(): Error | undefined {
    return this.signal.aborted ? (this.signal.reason as Error) : undefined
  }

  /** Later calls change nothing. */
  kill(fault: Error): void {
    if (this.signal.aborted) return
    this.#forget()
    this.#controller.abort(fault)
    for (const child of this.#children) child.kill(fault)
  }
}
