/** Why a text is no whole number from 0 to `max`, or null. */
export function wholeNumberProblem(text: string, max: number): string | null {
  const trimmed = text.trim()
  if (!/^\d+$/.test(trimmed)) return 'a whole number, 0 or more'
  return Number(trimmed) > max ? `at most ${max.toLocaleString('en-US')}` : null
}

/** The number of a text that has no problem. */
export function wholeNumber(text: string): number {
  return Number(text.trim())
}
