/** At most so many UTF-16 units and a mark; no character is parted. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const isParted = /[\uD800-\uDBFF]/.test(text.charAt(max - 1))
  return `${text.slice(0, isParted ? max - 1 : max)}…`
}
