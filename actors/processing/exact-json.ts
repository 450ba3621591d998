/** JSON whose numbers keep every digit. */

/** A number as it is written: beyond 2^53 a JavaScript number would be another one. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const WHOLE = /^-?\d+$/

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** Parses JSON with every number as a NumberText. */
export function parseKeepingNumbers(text: string): unknown {
  const keep: SourceReviver = (_, value, { source }) =>
    typeof value === 'number' ? new NumberText(source ?? String(value)) : value
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1])
}

/** A numeral of so many digits, where one can begin. */
const LONG_NUMBER = /(?:^|[:,[\s])-?\d{16}/

/** Parses JSON with integers beyond 2^53 as texts, so that no reader rounds them. */
export function parsePortably(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  const quote: SourceReviver = (_, value, { source }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && WHOLE.test(source ?? '')
      ? source
      : value
  return JSON.parse(text, quote as Parameters<typeof JSON.parse>[1])
}

/** The same as text. */
export function portableJson(text: string): string {
  return LONG_NUMBER.test(text) ? JSON.stringify(parsePortably(text)) : text
}
