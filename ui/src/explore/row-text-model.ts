/** The message of a row as the list shows it: in one line, or in as many as it needs. */
import type { Row } from '#proto/api.ts'
import { readAnsi, type StyledText } from './ansi-model.ts'
import { lightUp, type Phrase } from './highlight-model.ts'
import { inlineAttributes, prettyMessage } from './row-detail-model.ts'

export interface TextPart {
  readonly text: string
  /** Found by the query. */
  readonly hit: boolean
  /** Class names of terminal colours. */
  readonly style: string
}

/** More of a message than this cannot be seen in one line. */
const LINE_CHARS = 600
/** More of a wrapped one is for the details. */
const WRAPPED_CHARS = 8_000
/** Lines of a row at most. */
export const ROW_LINES_MAX = 30
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g

export function lineText({ message }: Row): StyledText {
  const { text, runs } = readAnsi(message.slice(0, LINE_CHARS))
  // Sign by sign, so that the runs stay where they are.
  return { text: text.replace(/\s/g, ' '), runs }
}

/** JSON indented, everything else as it was written. */
export function wrappedText({ message }: Row): StyledText {
  const { text, runs } = readAnsi(prettyMessage(message.slice(0, WRAPPED_CHARS)).text)
  return { text: text.replaceAll('\t', ' '), runs }
}

/** Lines that a row takes where so many signs fit into one. */
export function wrappedLines(row: Row, charsPerLine: number): number {
  const { text } = wrappedText(row)
  const attributes = inlineAttributes(row)
  const whole = attributes === '' ? text : `${text}${ATTRIBUTES_GAP}${attributes}`
  let lines = 0
  for (const line of whole.split('\n')) {
    lines += Math.max(1, Math.ceil(widthOf(line) / charsPerLine))
    if (lines >= ROW_LINES_MAX) return ROW_LINES_MAX
  }
  return lines
}

/** Between a message and its attributes. */
export const ATTRIBUTES_GAP = '  '

/** The text cut where a colour or a hit begins and ends. */
export function textParts({ text, runs }: StyledText, phrases: readonly Phrase[]): TextPart[] {
  const lit = lightUp(text, phrases)
  if (runs.length === 0) return lit.map(part => ({ ...part, style: '' }))
  const parts: TextPart[] = []
  let at = 0
  let run = 0
  for (const { text: piece, hit } of lit) {
    const end = at + piece.length
    while (at < end) {
      while ((runs[run]?.end ?? Number.POSITIVE_INFINITY) <= at) run++
      const next = runs[run]
      const isStyled = next !== undefined && next.start <= at
      const to = Math.min(end, (isStyled ? next.end : next?.start) ?? end)
      parts.push({ text: text.slice(at, to), hit, style: isStyled ? next.style : '' })
      at = to
    }
  }
  return parts
}

function widthOf(line: string): number {
  return line.length + (line.match(WIDE)?.length ?? 0)
}
