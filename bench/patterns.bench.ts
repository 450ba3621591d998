/**
 * How well patterns group real logs, and what they cost:
 * `node bench/patterns.bench.ts [--loghub FOLDER] [--rows 200000] [--data FILE.ndjson]`.
 *
 * FOLDER has NAME.log and NAME.truth.tsv (line, event, template) of the loghub collection. Grouping
 * accuracy as in its papers is the share of lines whose group has exactly the lines of one event.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mergeTemplates } from '#actors/processing/patterns/merge.ts'
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import { signMessages } from '#actors/processing/patterns/signature.ts'
import { type Template, templateOf } from '#actors/processing/patterns/template.ts'
import { openProven } from '#proto/log-batch.ts'
import { dataFile, sealedBatches } from './lab/data.ts'
import type { Result } from './lab/table.ts'

/** Stands beside the repository on machines where this is measured. */
export const LOGHUB: string = fileURLToPath(new URL('../../shared/data/loghub/', import.meta.url))
const BATCH_ROWS = 4_096
const RUNS = 7

export interface SetMeasured {
  readonly name: string
  readonly lines: number
  /** Groups that people made. */
  readonly events: number
  readonly wordings: number
  readonly patterns: number
  /** Of wordings alone, 0 to 1. */
  readonly wordingAccuracy: number
  readonly accuracy: number
}

/** Whole lines, as they stand in the file: nothing is cut off in front. */
export function measureSet(
  name: string,
  lines: readonly string[],
  events: readonly string[],
): SetMeasured {
  const templates = new Map<number, Template>()
  const wordings = lines.map(line => {
    const bytes = Buffer.from(line)
    const id = patternOfText(line)
    templates.set(id, templateOf(bytes, 0, bytes.length))
    return id
  })
  const groupOf = new Map<number, number>()
  for (const { id, members } of mergeTemplates(templates)) {
    for (const member of members) groupOf.set(member, id)
  }
  const patterns = wordings.map(id => groupOf.get(id) ?? id)
  return {
    name,
    lines: lines.length,
    events: new Set(events).size,
    wordings: new Set(wordings).size,
    patterns: new Set(patterns).size,
    wordingAccuracy: groupingAccuracy(wordings, events),
    accuracy: groupingAccuracy(patterns, events),
  }
}

/** The share of lines whose group has exactly the lines of one event. */
export function groupingAccuracy(groups: readonly number[], events: readonly string[]): number {
  const sizes = new Map<string, number>()
  for (const event of events) sizes.set(event, (sizes.get(event) ?? 0) + 1)
  const members = new Map<number, number[]>()
  for (const [line, group] of groups.entries()) {
    const known = members.get(group)
    if (known === undefined) members.set(group, [line])
    else known.push(line)
  }
  let right = 0
  for (const lines of members.values()) {
    const [event = ''] = new Set(lines.map(line => events[line]))
    const isOne = lines.every(line => events[line] === event)
    if (isOne && sizes.get(event) === lines.length) right += lines.length
  }
  return right / groups.length
}

/** null = there are no such files here. */
export function measureLoghub(folder: string): readonly SetMeasured[] | null {
  if (!existsSync(folder)) return null
  const names = readdirSync(folder).filter(name => name.endsWith('.truth.tsv'))
  return names.map(file => {
    const name = file.slice(0, -'.truth.tsv'.length)
    const all = readFileSync(join(folder, `${name}.log`), 'utf8').split(/\r?\n/)
    const truth = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').slice(1)
    const rows = truth.map(line => line.split('\t'))
    return measureSet(
      name,
      rows.map(([line]) => all[Number(line) - 1] ?? ''),
      rows.map(([, event]) => event ?? ''),
    )
  })
}

/** CPU of signing messages as batches have them, µs a row; best of some runs. */
export async function measureCost(path: string, rowsMax: number): Promise<number> {
  const messages: { readonly batch: ReturnType<typeof openProven> }[] = []
  let rows = 0
  for await (const { bytes } of sealedBatches(path, BATCH_ROWS)) {
    const batch = openProven(bytes)
    messages.push({ batch })
    rows += batch.count
    if (rows >= rowsMax) break
  }
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage()
    for (const { batch } of messages) signMessages(batch.message, batch.count)
    const { user } = process.cpuUsage(before)
    best = Math.min(best, user / rows)
  }
  return best
}

export function patternResults(sets: readonly SetMeasured[] | null, costUs: number): Result[] {
  const mean = (sets ?? []).reduce((sum, { accuracy }) => sum + accuracy, 0) / (sets?.length ?? 1)
  return [
    {
      what: 'patterns: signing a message',
      value: costUs,
      unit: 'µs/row',
      better: 'less',
      goal: 0.25,
      floor: 0.8,
    },
    ...(sets === null
      ? []
      : [
          {
            what: 'patterns: mean grouping accuracy',
            value: mean,
            unit: '',
            better: 'more' as const,
            goal: 0.94,
            floor: 0.9,
            note: sets.map(({ name, accuracy }) => `${name} ${accuracy.toFixed(3)}`).join(', '),
          },
        ]),
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      loghub: { type: 'string', default: LOGHUB },
      rows: { type: 'string', default: '200000' },
      data: { type: 'string' },
    },
  })
  const rows = Number(values.rows)
  console.log(
    '| lines of | lines | events | wordings | patterns | accuracy of wordings | accuracy |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const set of measureLoghub(values.loghub) ?? []) {
    const { name, lines, events, wordings, patterns, wordingAccuracy, accuracy } = set
    const numbers = [lines, events, wordings, patterns]
    const shares = [wordingAccuracy, accuracy].map(share => share.toFixed(3))
    console.log(`| ${[name, ...numbers, ...shares].join(' | ')} |`)
  }
  const costUs = await measureCost(values.data ?? dataFile(rows), rows)
  console.log(`\n${costUs.toFixed(3)} µs of CPU a row`)
}
