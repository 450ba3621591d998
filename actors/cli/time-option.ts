/** Times as options give them. A span becomes `now-span`, which the server reads by its own clock. */
export function timeOf(text: string): string {
  return /^\d+[smhdw]$/.test(text) ? `now-${text}` : text
}
