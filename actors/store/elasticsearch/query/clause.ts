/** Clauses that others are made of. */

/** One condition in the language of Elasticsearch. */
export type Clause = Readonly<Record<string, unknown>>

export const NOTHING: Clause = { match_none: {} }

/** At least one holds. */
export function either(clauses: readonly Clause[]): Clause {
  const [first] = clauses
  if (first === undefined) return NOTHING
  return clauses.length === 1 ? first : { bool: { should: clauses, minimum_should_match: 1 } }
}

export function every(clauses: readonly Clause[]): Clause {
  const [first] = clauses
  if (first === undefined) return { match_all: {} }
  return clauses.length === 1 ? first : { bool: { filter: clauses } }
}

export function not(clause: Clause): Clause {
  return { bool: { must_not: [clause] } }
}
