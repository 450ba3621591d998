/** Which rows of a project a search may see at all, whatever it asks for. */
import { entryNumber, lastEntryNumber } from '../entry-number.ts'
import { FIELDS } from '../field-names.ts'
import type { Coverage } from '../store-state.ts'
import type { Clause } from './clause.ts'
import { entriesWithin, receivedWithin } from './layout.ts'

export interface Visible {
  readonly projectId: string
  /** Rows received before this are deleted. */
  readonly receivedFromUs: number
  /** Rows behind these positions may be there in part: a tail brings them. */
  readonly coverage: Coverage
}

/** How far clocks of gateways may be apart. */
const SKEW_US = 15 * 60_000_000

export function visibleRows({ projectId, receivedFromUs, coverage }: Visible): Clause {
  return {
    bool: {
      filter: [
        { term: { [FIELDS.project]: projectId } },
        ...(receivedFromUs > 0 ? [receivedWithin(receivedFromUs, null)] : []),
      ],
      must_not: [{ bool: { filter: [uncovered(coverage), recent(coverage)] } }],
    },
  }
}

/**
 * Gaps between what is covered of each partition: few rows lie there, so this is cheaper than to
 * ask of all rows whether they are covered.
 */
function uncovered({ positions }: Coverage): Clause {
  const gaps: Clause[] = []
  let next = 0n
  for (const [partition, position] of positions.pairs()) {
    const first = entryNumber({ partition, position: 0 })
    if (next < first) gaps.push(entriesWithin(next, first - 1n))
    next = entryNumber({ partition, position }) + 1n
  }
  gaps.push(entriesWithin(next, lastEntryNumber(2 ** 15 - 1)))
  return { bool: { should: gaps, minimum_should_match: 1 } }
}

/**
 * What is not covered was received about now. Older rows are of another log, one that began anew
 * with smaller positions: they stay visible.
 */
function recent({ receivedAtUs }: Coverage): Clause {
  const oldestUs = Math.max(
    0,
    Math.min(...receivedAtUs.values(), Number.MAX_SAFE_INTEGER) - SKEW_US,
  )
  return receivedWithin(receivedAtUs.size === 0 ? 0 : oldestUs, null)
}
