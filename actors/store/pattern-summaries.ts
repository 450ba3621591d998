/** Counts of wordings to what is said of their patterns. */
import type { PatternGroup } from '#actors/processing/patterns/merge.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import { templateText } from '#actors/processing/patterns/template.ts'
import type { PatternSummary, PatternsResult } from './store.ts'
import { mergeInto, type Places, type WordingCount, type WordingCounts } from './wording-counts.ts'

/** A pattern whose examples are still to be read. */
export interface OpenSummary {
  readonly summary: Omit<PatternSummary, 'template' | 'examples'>
  readonly group: PatternGroup | null
  readonly examples: Places
}

export interface OpenSummaries extends Pick<PatternsResult, 'total' | 'found'> {
  readonly patterns: readonly OpenSummary[]
}

export function summarizePatterns(
  counts: WordingCounts,
  groups: PatternGroups,
  limit: number,
): OpenSummaries {
  const byPattern = new Map<number, WordingCount>()
  let total = 0
  for (const [wording, count] of counts) {
    total += count.count
    mergeInto(byPattern, groups.groupOf(wording)?.id ?? wording, count)
  }
  const sorted = [...byPattern].sort(
    ([idA, a], [idB, b]) => b.count - a.count || b.lastUs - a.lastUs || idA - idB,
  )
  const patterns = sorted.slice(0, limit).map(([id, counted]) => ({
    summary: {
      id,
      count: counted.count,
      firstUs: counted.firstUs,
      lastUs: counted.lastUs,
      bars: [...counted.bars].sort(([a], [b]) => a - b),
    },
    group: groups.groupOf(id),
    examples: counted.examples,
  }))
  return { total, found: byPattern.size, patterns }
}

/** The same with examples; a wording that nobody compared is shown as its first row has it. */
export function withExamples(
  { group, summary }: OpenSummary,
  examples: readonly string[],
  templateOfRow: (json: string) => string,
): PatternSummary {
  const [first] = examples
  const template = group === null ? templateOfRow(first ?? '{}') : templateText(group.template)
  return { ...summary, template, examples }
}
