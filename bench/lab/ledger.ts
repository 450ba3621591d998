/** What was sent, what was acknowledged, and the verdict on what is found afterwards. */

export interface Verdict {
  readonly acknowledged: number
  readonly found: number
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Rows of one producer that stand in another order than it wrote them. */
  readonly disordered: readonly string[]
  /** Rows that nobody sent. */
  readonly foreign: readonly string[]
}

export interface FoundRow {
  /** Row id of the server: sorts like (producer, epoch, sequence, row). */
  readonly id: string
  readonly writer: string
  readonly number: number
}

/** Problems listed in a verdict; more of a kind are not told apart. */
const LISTED_MAX = 10
/** Characters of an id that hold nothing but bits of its producer. */
const PRODUCER_CHARS = 12

interface Written {
  /** Numbers 0 to this one have left the writer, or may have. */
  sent: number
  /** In ranges [from, to). */
  readonly acknowledged: (readonly [from: number, to: number])[]
}

/** Every writer numbers its records from 0. */
export class Ledger {
  readonly #written = new Map<string, Written>()

  /** The next `count` numbers of a writer are about to be sent; answers the first. */
  send(writer: string, count: number): number {
    const written = this.#of(writer)
    written.sent += count
    return written.sent - count
  }

  acknowledge(writer: string, from: number, to: number): void {
    const { acknowledged } = this.#of(writer)
    const last = acknowledged.at(-1)
    if (last?.[1] === from) acknowledged[acknowledged.length - 1] = [last[0], to]
    else if (to > from) acknowledged.push([from, to])
  }

  get sent(): number {
    return sum([...this.#written.values()].map(({ sent }) => sent))
  }

  get acknowledged(): number {
    return sum([...this.#written.keys()].map(writer => this.acknowledgedBy(writer)))
  }

  acknowledgedBy(writer: string): number {
    return sum(this.#of(writer).acknowledged.map(([from, to]) => to - from))
  }

  judge(rows: readonly FoundRow[]): Verdict {
    const counts = new Map<string, Uint8Array>()
    for (const [writer, { sent }] of this.#written) counts.set(writer, new Uint8Array(sent))
    const foreign: string[] = []
    const doubled: string[] = []
    for (const { writer, number } of rows) {
      const times = counts.get(writer)
      if (times?.[number] === undefined) foreign.push(`${writer}/${number}`)
      else if (++times[number] === 2) doubled.push(`${writer}/${number}`)
    }
    const lost = [...this.#written].flatMap(([writer, { acknowledged }]) => {
      const times = counts.get(writer) ?? new Uint8Array(0)
      return acknowledged.flatMap(([from, to]) => zerosIn(times, from, to, writer))
    })
    return {
      acknowledged: this.acknowledged,
      found: rows.length,
      lost: lost.slice(0, LISTED_MAX),
      doubled: doubled.slice(0, LISTED_MAX),
      disordered: disorder(rows).slice(0, LISTED_MAX),
      foreign: foreign.slice(0, LISTED_MAX),
    }
  }

  #of(writer: string): Written {
    const known = this.#written.get(writer)
    if (known !== undefined) return known
    const written = { sent: 0, acknowledged: [] }
    this.#written.set(writer, written)
    return written
  }
}

/** What is wrong, in words; [] = nothing. */
export function problemsOf(verdict: Verdict): string[] {
  const { lost, doubled, disordered, foreign, acknowledged, found } = verdict
  const of = `${found} found, ${acknowledged} acknowledged`
  const told = Object.entries({ lost, doubled, disordered, foreign })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} (${of}): ${names.join(' ')}`)
  return acknowledged === 0 ? [...told, 'nothing was acknowledged'] : told
}

function zerosIn(times: Uint8Array, from: number, to: number, writer: string): string[] {
  const zeros: string[] = []
  for (let at = from; at < to; at++) if (times[at] === 0) zeros.push(`${writer}/${at}`)
  return zeros
}

/** What has an order: of two requests, one that was given up may be stored after a later one. */
export function streamOf({ id, writer }: FoundRow): string {
  return `${id.slice(0, PRODUCER_CHARS)} ${writer}`
}

/** Within a producer numbers must rise with ids. */
function disorder(rows: readonly FoundRow[]): string[] {
  const last = new Map<string, number>()
  const wrong: string[] = []
  for (const row of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { writer, number } = row
    const stream = streamOf(row)
    if (number <= (last.get(stream) ?? -1)) wrong.push(`${writer}/${number}`)
    last.set(stream, number)
  }
  return wrong
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
