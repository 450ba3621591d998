/**
 * Colours of terminals in messages: SGR sequences (ECMA-48, section 8.3.117) become class names out
 * of a fixed set, every other escape sequence and control character goes. Nothing of the text
 * reaches an attribute of the page.
 */

export interface StyledRun {
  readonly start: number
  readonly end: number
  /** Class names out of ours. */
  readonly style: string
}

export interface StyledText {
  /** Without escape sequences. */
  readonly text: string
  /** Where it is not plain, in order. */
  readonly runs: readonly StyledRun[]
}

interface Pen {
  /** 0-15; null = that of the text. */
  color: number | null
  ground: number | null
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
}

const ESCAPE = '\u001b'
/** CSI with its parameters and final byte; OSC up to its end; other sequences of two characters. */
const SEQUENCE = new RegExp(
  String.raw`${ESCAPE}(?:\[([0-?]*)[ -/]*([@-~])|\][^${ESCAPE}\u0007]*(?:\u0007|${ESCAPE}\\)?|[ -/]*[0-~]|)`,
  'g',
)
/** Tab and line feed stay. */
const CONTROL = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]`, 'g')
const COLOR_STEPS = [0, 95, 135, 175, 215, 255]

export function readAnsi(message: string): StyledText {
  if (!message.includes(ESCAPE)) return { text: message, runs: [] }
  const runs: StyledRun[] = []
  const pen = newPen()
  let text = ''
  let from = 0
  const take = (part: string): void => {
    const clean = part.replace(CONTROL, '')
    const style = styleOf(pen)
    if (style !== '' && clean !== '')
      runs.push({ start: text.length, end: text.length + clean.length, style })
    text += clean
  }
  for (const match of message.matchAll(SEQUENCE)) {
    take(message.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') draw(pen, match[1] ?? '')
  }
  take(message.slice(from))
  return { text, runs }
}

function newPen(): Pen {
  return { color: null, ground: null, bold: false, dim: false, italic: false, underline: false }
}

function draw(pen: Pen, parameters: string): void {
  const codes = parameters.split(/[;:]/).map(Number)
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    if (code === 38 || code === 48) {
      const [color, used] = extendedColor(codes.slice(at + 1))
      if (code === 38) pen.color = color
      else pen.ground = color
      at += used
    } else drawSimple(pen, code)
  }
}

function drawSimple(pen: Pen, code: number): void {
  if (code === 0) Object.assign(pen, newPen())
  else if (code === 1) pen.bold = true
  else if (code === 2) pen.dim = true
  else if (code === 3) pen.italic = true
  else if (code === 4) pen.underline = true
  else if (code === 22) pen.bold = pen.dim = false
  else if (code === 23) pen.italic = false
  else if (code === 24) pen.underline = false
  else if (code === 39) pen.color = null
  else if (code === 49) pen.ground = null
  else if (code >= 30 && code <= 37) pen.color = code - 30
  else if (code >= 90 && code <= 97) pen.color = code - 82
  else if (code >= 40 && code <= 47) pen.ground = code - 40
  else if (code >= 100 && code <= 107) pen.ground = code - 92
}

/** `5;n` and `2;r;g;b`, as the nearest of our sixteen; and how many codes it took. */
function extendedColor([mode, a = 0, b = 0, c = 0]: readonly number[]): [number | null, number] {
  if (mode === 2) return [nearest(a, b, c), 4]
  if (mode !== 5) return [null, 0]
  if (a < 16) return [a, 2]
  if (a >= 232) return [nearest((a - 232) * 10 + 8, (a - 232) * 10 + 8, (a - 232) * 10 + 8), 2]
  const step = (place: number): number => COLOR_STEPS[Math.floor((a - 16) / place) % 6] ?? 0
  return [nearest(step(36), step(6), step(1)), 2]
}

/** One bit a channel, and bright where it shines. */
function nearest(red: number, green: number, blue: number): number {
  const top = Math.max(red, green, blue)
  if (top < 48) return 0
  const bit = (value: number): number => (value > top * 0.6 ? 1 : 0)
  return bit(red) + 2 * bit(green) + 4 * bit(blue) + (top > 190 ? 8 : 0)
}

function styleOf({ color, ground, bold, dim, italic, underline }: Pen): string {
  return [
    color === null ? '' : `ansi-${color}`,
    ground === null ? '' : `ansi-ground-${ground}`,
    bold ? 'ansi-bold' : '',
    dim ? 'ansi-dim' : '',
    italic ? 'ansi-italic' : '',
    underline ? 'ansi-underline' : '',
  ]
    .filter(name => name !== '')
    .join(' ')
}
