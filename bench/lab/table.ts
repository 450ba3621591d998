/** Results with their goals and floors, as a table for people and JSON for machines. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

export interface Result {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** Better is 'more' or 'less'. */
  readonly better: 'more' | 'less'
  readonly goal: number | null
  readonly floor: number | null
  readonly note?: string
}

export function verdictOf({ value, better, goal, floor }: Result): string {
  const reaches = (bound: number | null) =>
    bound === null ? null : better === 'more' ? value >= bound : value <= bound
  if (reaches(goal) === true) return 'goal'
  if (reaches(floor) === true) return 'floor'
  return reaches(floor) === false ? 'BELOW FLOOR' : goal === null ? '-' : 'below goal'
}

export function markdownTable(results: readonly Result[]): string {
  const rows = results.map(result => {
    const { what, value, unit, goal, floor, note = '' } = result
    const shown = (number: number | null) => (number === null ? '-' : format(number))
    return `| ${what} | ${format(value)} ${unit} | ${shown(goal)} | ${shown(floor)} | ${verdictOf(result)} | ${note} |`
  })
  return [
    '| what | measured | goal | floor | reached | note |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

export function machine(): string {
  const { model } = cpus()[0] ?? { model: 'unknown' }
  const gib = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${model}, ${gib} GiB, Node ${process.versions.node}`
}

export type Measurement = () => Promise<readonly Result[]>

/** Runs those that are wanted in turn; tells each table as it is there, then the whole. */
export async function measureAll(
  measurements: Readonly<Record<string, Measurement>>,
  wanted: ReadonlySet<string>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const [name, measure] of Object.entries(measurements)) {
    if (!wanted.has(name)) continue
    console.log(`measuring ${name} …`)
    const measured = await measure()
    results.push(...measured)
    console.log(markdownTable(measured))
  }
  console.log(`\n${machine()}\n\n${markdownTable(results)}`)
  return results
}

/** Writes results/<date>-<name>.md, or results/<date>.md where there is no name. */
export function saveResults(name: string, results: readonly Result[]): void {
  const folder = new URL('../results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const title = `${new Date().toISOString().slice(0, 10)}${name === '' ? '' : `-${name}`}`
  const text = `# ${title}\n\n${machine()}\n\n${markdownTable(results)}\n`
  writeFileSync(new URL(`${title}.md`, folder), text)
}

function format(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)))
}
