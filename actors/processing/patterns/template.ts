/** What people see of a pattern: the wording of one of its messages, with `<*>` for each value. */
import { ITEMS_MAX, items, SCANNED_BYTES_MAX, scanItems, VALUE } from './message-items.ts'

/** A wording, item by item. Plain data: it crosses threads. */
export interface Template {
  /** Hash of each word, VALUE for a value. */
  readonly words: readonly number[]
  /** Text of each word; '' for a value. */
  readonly texts: readonly string[]
  /** What stands before each item, and behind the last one. */
  readonly between: readonly string[]
}

/** The template of the message in bytes [start, end). */
export function templateOf(bytes: Uint8Array, start: number, end: number): Template {
  const count = scanItems(bytes, start, end)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = Array.from(items.words.subarray(0, count))
  const between: string[] = []
  const texts: string[] = []
  let at = start
  for (const [item, word] of words.entries()) {
    const from = items.starts[item] as number
    const to = withoutEnd(bytes, from, items.ends[item] as number)
    between.push(spaced(buffer.toString('utf8', at, from)))
    texts.push(word === VALUE ? '' : spaced(buffer.toString('utf8', from, to)))
    at = to
  }
  const isWhole = count < ITEMS_MAX && end - start <= SCANNED_BYTES_MAX
  between.push(isWhole ? spaced(buffer.toString('utf8', at, end)) : ' …')
  return { words, texts, between }
}

/** Punctuation behind a value belongs to the wording. */
function withoutEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = end
  while (to > start && PUNCTUATION.includes(bytes[to - 1] as number)) to--
  return to
}

const PUNCTUATION = Buffer.from('.:!?*-')

function spaced(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** The template of one message as one line. */
export function templateOfText(message: string): string {
  const bytes = Buffer.from(message)
  return templateText(templateOf(bytes, 0, bytes.length))
}

/** The template as one line. */
export function templateText({ words, texts, between }: Template): string {
  const line = words.map((word, i) => `${between[i]}${word === VALUE ? '<*>' : texts[i]}`)
  return `${line.join('')}${between.at(-1)}`.trim()
}

/** The same with values at `places`, too; values side by side become one, as in messages. */
export function withValues(template: Template, places: ReadonlySet<number>): Template {
  const words: number[] = []
  const texts: string[] = []
  const between: string[] = []
  for (const [item, given] of template.words.entries()) {
    const word = places.has(item) ? VALUE : given
    if (word === VALUE && words.at(-1) === VALUE) continue
    words.push(word)
    texts.push(word === VALUE ? '' : (template.texts[item] as string))
    between.push(template.between[item] as string)
  }
  between.push(template.between.at(-1) as string)
  return { words, texts, between }
}
