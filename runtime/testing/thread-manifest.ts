import type { Task, ThreadManifest } from '../threads.ts'

/** What the tests of worker-pool.ts and service-thread.ts run in real threads. */

const double: Task = (input: ArrayBuffer) => {
  const result = Float64Array.from(new Float64Array(input), value => value * 2).buffer
  return { result, transfer: [result] }
}

/** Adds one to a shared number, and answers when `until` has been reached by somebody. */
const meet: Task = (input: { readonly counter: SharedArrayBuffer; readonly until: number }) => {
  const counter = new Int32Array(input.counter)
  const seen = Atomics.add(counter, 0, 1) + 1
  Atomics.notify(counter, 0)
  for (let now = seen; now < input.until; now = Atomics.load(counter, 0)) {
    Atomics.wait(counter, 0, now)
  }
  return seen
}

const fail: Task = (message: string) => {
  const cause = Object.assign(new Error('disk is full'), { code: 'ENOSPC', errno: -28 })
  throw Object.assign(new TypeError(message, { cause }), { code: 'LOGBOY_TEST', row: 7 })
}

const exit: Task = (code: number) => process.exit(code)

const uncopyable: Task = () => () => 1

type CounterCall =
  | { readonly type: 'add'; readonly value: number; readonly afterTurns: number }
  | { readonly type: 'sum'; readonly numbers: ArrayBuffer }
  | { readonly type: 'give'; readonly length: number }
  | { readonly type: 'fail' }
  | { readonly type: 'exit' }

class Counter {
  readonly concurrent: boolean
  readonly #closed: Int32Array
  readonly #order: number[] = []

  constructor(options: { readonly concurrent: boolean; readonly closed: SharedArrayBuffer }) {
    this.concurrent = options.concurrent
    this.#closed = new Int32Array(options.closed)
  }

  handle(call: CounterCall): unknown {
    switch (call.type) {
      case 'add':
        return this.#add(call.value, call.afterTurns)
      case 'sum':
        return new Float64Array(call.numbers).reduce((sum, value) => sum + value, 0)
      case 'give': {
        const result = new ArrayBuffer(call.length)
        return { result, transfer: [result] }
      }
      case 'fail':
        throw Object.assign(new Error('refused'), { code: 'LOGBOY_TEST' })
      case 'exit':
        return process.exit(3)
    }
  }

  close(): void {
    Atomics.store(this.#closed, 0, 1)
  }

  async #add(value: number, afterTurns: number): Promise<readonly number[]> {
    for (let turn = 0; turn < afterTurns; turn++) await new Promise(setImmediate)
    this.#order.push(value)
    return [...this.#order]
  }
}

export const manifest: ThreadManifest = {
  tasks: {
    double: async () => double,
    exit: async () => exit,
    fail: async () => fail,
    meet: async () => meet,
    uncopyable: async () => uncopyable,
  },
  services: {
    broken: async () => () => {
      throw Object.assign(new Error('no such folder'), { code: 'ENOENT' })
    },
    dying: async () => () => process.exit(4),
    counter: async () => (options: ConstructorParameters<typeof Counter>[0]) =>
      new Counter(options),
  },
}
