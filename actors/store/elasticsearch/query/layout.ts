/**
 * Conditions that the layout of an index makes quick. Older versions made other indices, which stay
 * until their rows expire: without slots, and whole values have an index of their own there.
 */
import { formatTime } from '#proto/time.ts'
import { entryBeginning } from '../entry-number.ts'
import { FIELDS, HEAD, tailField } from '../field-names.ts'
import { slotOf } from '../slots.ts'
import { type Clause, either, every, not } from './clause.ts'

/** The server answers it once for a whole index: there, all rows have slots or none has. */
const IN_OLDER_INDEX = not({ exists: { field: FIELDS.slot } })

/** Rows received in [fromUs, toUs) in µs; null = no end. */
export function receivedWithin(fromUs: number | null, toUs: number | null): Clause {
  const ends = [fromUs, toUs].flatMap(us => (us === null ? [] : formatTime(slotOf(us))))
  const between = {
    ...(fromUs === null ? {} : { gt: formatTime(slotOf(fromUs)) }),
    ...(toUs === null ? {} : { lt: formatTime(slotOf(toUs)) }),
  }
  const times = {
    ...(fromUs === null ? {} : { gte: formatTime(fromUs) }),
    ...(toUs === null ? {} : { lt: formatTime(toUs) }),
  }
  // Of whole slots the time of no row has to be looked at.
  const toLookAt = either([{ terms: { [FIELDS.slot]: [...new Set(ends)] } }, IN_OLDER_INDEX])
  return either([
    { range: { [FIELDS.slot]: between } },
    every([toLookAt, { range: { [FIELDS.receivedAt]: times } }]),
  ])
}

/** Rows with entries from `first` to `last`. */
export function entriesWithin(first: bigint, last: bigint): Clause {
  const range = (field: string, textOf: (entry: bigint) => string): Clause => ({
    range: { [field]: { gte: textOf(first), lte: textOf(last) } },
  })
  return every([
    either([range(`${FIELDS.entry}.${HEAD}`, entryBeginning), IN_OLDER_INDEX]),
    // As text, for numbers are beyond 2^53.
    range(FIELDS.entry, String),
  ])
}

/** `clause` holds for rows with this whole value alone, but cannot find them by itself. */
export function foundByTail(field: string, value: string, clause: Clause): Clause {
  // An empty text has no last characters.
  if (value === '') return clause
  return every([either([{ match: { [tailField(field)]: value } }, IN_OLDER_INDEX]), clause])
}

/** `clause` holds for rows that have the field alone, but cannot find them by itself. */
export function foundByPresence(field: string, clause: Clause): Clause {
  const hasTail = { exists: { field: tailField(field) } }
  return every([either([hasTail, IN_OLDER_INDEX]), clause])
}

/** Rows that have the field. */
export function isPresent(field: string): Clause {
  const hasTail = { exists: { field: tailField(field) } }
  return either([hasTail, every([IN_OLDER_INDEX, { exists: { field } }])])
}
