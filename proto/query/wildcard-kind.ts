/** What a wildcard over the message looks for: single words, or a text within. */
import { tokenClass } from '../tokens.ts'

/**
 * True if it is compared with single words: it has only characters that stand inside of words.
 * Otherwise the text of the message is searched, in which a star is anything but white space.
 */
export function isOfOneToken(parts: readonly string[]): boolean {
  return parts.every(part =>
    Array.from(part).every(
      character => tokenClass(character.codePointAt(0) as number) === 'in-run',
    ),
  )
}

/** Whether a folded word is what the wildcard says; a star is any run of characters. */
export function isLike(token: string, parts: readonly string[]): boolean {
  const [first, last] = [parts[0] as string, parts.at(-1) as string]
  const tail = token.length - last.length
  if (tail < first.length || !token.startsWith(first) || !token.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = token.indexOf(part, at)
    if (found < 0 || found + part.length > tail) return false
    at = found + part.length
  }
  return true
}
