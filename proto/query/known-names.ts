/** Which name was meant by one that we do not know. */

/** What other languages call ours. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['stats', 'count'],
  ['summarize', 'count'],
  ['histogram', 'timechart'],
  ['chart', 'timechart'],
  ['timeseries', 'timechart'],
  ['distinct', 'uniq'],
  ['unique', 'uniq'],
  ['dedup', 'uniq'],
  ['dc', 'uniq'],
  ['table', 'fields'],
  ['project', 'fields'],
  ['select', 'fields'],
  ['keep', 'fields'],
  ['order', 'sort'],
  ['head', 'limit'],
  ['take', 'limit'],
  ['mean', 'avg'],
  ['average', 'avg'],
  ['median', 'p50'],
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['total', 'sum'],
])

/** One of the known names, or none. */
export function meantName(name: string, known: readonly string[]): string | null {
  const other = OTHER_NAMES.get(name)
  return other !== undefined && known.includes(other) ? other : nearestName(name, known)
}

/** The one that begins like the name, else differs in one letter; null = none, or several. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const lower = name.toLowerCase()
  const alike = known.filter(other => other.toLowerCase().startsWith(lower))
  const [only, second] = alike.length > 0 ? alike : known.filter(other => isOneOff(lower, other))
  return second === undefined && only !== undefined && only !== name ? only : null
}

const TYPO_CHARS_MIN = 3

/** One letter more, less, or another one. */
function isOneOff(a: string, b: string): boolean {
  if (a.length < TYPO_CHARS_MIN) return false
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const [restA, restB] = [a.slice(same), b.slice(same)]
  return restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)
}
