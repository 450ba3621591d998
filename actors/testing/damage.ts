/** What rot, torn writes and people do to files: where, what, and what it may cost. */
import type { Random } from '#runtime/random.ts'
import type { Files } from './data-folder.ts'
import type { SampleFolder } from './sample-folder.ts'

export interface Damage {
  readonly path: string
  readonly kind: 'bit' | 'cut' | 'zeros' | 'missing'
  /** Bytes [from, to) are not what they were; of a cut, all that is gone. */
  readonly from: number
  readonly to: number
  /** For 'bit': which of the byte. */
  readonly bit: number
}

/** What may be missing afterwards, and whether it may be so without a word. */
export interface Allowance {
  readonly ids: ReadonlySet<string>
  /** The log looks like one that ended there, which no reader can tell from the truth. */
  readonly isSilent: boolean
}

const KINDS: readonly Damage['kind'][] = ['bit', 'bit', 'bit', 'cut', 'zeros']
const SECTOR_BYTES = 512
const JOURNAL_HEADER_BYTES = 80
const RECORD_HEADER_BYTES = 40

export function randomDamage({ files }: SampleFolder, random: Random): Damage {
  const paths = [...files.keys()]
  const path = paths[random.below(paths.length)] ?? ''
  const size = files.get(path)?.length ?? 0
  const kind = KINDS[random.below(KINDS.length)] ?? 'bit'
  const from = random.below(size)
  switch (kind) {
    case 'bit':
      return { path, kind, from, to: from + 1, bit: random.below(8) }
    case 'cut':
    case 'missing':
      return { path, kind, from, to: size, bit: 0 }
    case 'zeros': {
      const begin = from - (from % SECTOR_BYTES)
      return { path, kind, from: begin, to: Math.min(size, begin + SECTOR_BYTES), bit: 0 }
    }
  }
}

/** The same files, only that this one is damaged. */
export function damaged(files: Files, { path, kind, from, to, bit }: Damage): Files {
  const others = new Map(files)
  if (kind === 'missing') {
    others.delete(path)
    return others
  }
  const bytes = Uint8Array.from(files.get(path) ?? [])
  if (kind === 'bit') bytes[from] = (bytes[from] ?? 0) ^ (1 << bit)
  else bytes.fill(0, from, to)
  return others.set(path, kind === 'cut' ? bytes.subarray(0, from) : bytes)
}

export function describe({ path, kind, from, to, bit }: Damage): string {
  const what = kind === 'bit' ? `bit ${bit}` : kind
  return `${what} of ${path} [${from}, ${to})`
}

/** Losses are confined to the damaged block; what is kept twice loses nothing. */
export function allowanceOf(sample: SampleFolder, damage: Damage): Allowance {
  if (damage.path.endsWith('.parquet')) return { ids: segmentLoss(sample, damage), isSilent: false }
  if (!damage.path.endsWith('.journal')) return { ids: new Set(), isSilent: false }
  return { ids: journalLoss(sample, damage), isSilent: looksEnded(sample, damage) }
}

/** A row group, or the whole file where its footer is damaged. */
function segmentLoss({ rowGroups }: SampleFolder, damage: Damage): Set<string> {
  const own = rowGroups.filter(({ path }) => path === damage.path)
  const end = Math.max(...own.map(({ to }) => to))
  const isFooter = damage.kind === 'cut' || damage.to > end || damage.from < 4
  const hit = isFooter ? own : own.filter(block => overlaps(block, damage))
  return new Set(hit.flatMap(({ ids }) => ids))
}

/** A flipped bit costs an entry; what may have been torn off the end of the log costs its group. */
function journalLoss(sample: SampleFolder, damage: Damage): Set<string> {
  const { entries, journalGroups, lastJournal, isClosed } = sample
  const groups = journalGroups.filter(({ path }) => path === damage.path)
  const hit = groups.filter(group => overlaps(group, damage))
  const isLast = damage.path === lastJournal && hit.includes(groups.at(-1) ?? NOWHERE)
  if (damage.kind === 'bit') {
    const own = entries.filter(({ path }) => path === damage.path)
    const blocks = isLast && !isClosed ? hit : own.filter(entry => overlaps(entry, damage))
    return new Set(blocks.flatMap(({ ids }) => ids))
  }
  const isHeaderGone = damage.from < JOURNAL_HEADER_BYTES
  return new Set((isHeaderGone ? groups : hit).flatMap(({ ids }) => ids))
}

const NOWHERE = { path: '', from: 0, to: 0, ids: [] }

function looksEnded({ journalGroups, lastJournal }: SampleFolder, damage: Damage): boolean {
  if (damage.kind !== 'cut' || damage.path !== lastJournal) return false
  if (damage.from === 0 || isTornHeader(damage)) return true
  return journalGroups.some(
    // One of the two copies of a commit record is enough.
    ({ path, to }) =>
      path === damage.path && (damage.from === to || damage.from === to - RECORD_HEADER_BYTES),
  )
}

/** One copy of the header and nothing behind it: a file whose first write was torn. */
function isTornHeader({ from }: Damage): boolean {
  return from >= JOURNAL_HEADER_BYTES / 2 && from <= JOURNAL_HEADER_BYTES
}

function overlaps(
  block: { readonly from: number; readonly to: number },
  damage: { readonly from: number; readonly to: number },
): boolean {
  return block.from < damage.to && damage.from < block.to
}
