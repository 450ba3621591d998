/** Reads an option that is a whole number. */
import { fail } from './terminal.ts'

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) fail(`${text} is no whole number`)
  return Number(text)
}
