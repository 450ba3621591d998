/** What a wildcard over the message looks for. */
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
