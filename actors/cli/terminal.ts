/** What the commands say and how: rows for people, JSON for programs, progress on stderr. */
import { LEVELS, type Level, type Row } from '#proto/api.ts'

export interface Output {
  readonly json: boolean
}

/** One result: a JSON line with --json, else the text. */
export function print(output: Output, value: unknown, text: string): void {
  process.stdout.write(`${output.json ? JSON.stringify(value) : text}\n`)
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Ends the command with one clear line. */
export function fail(message: string): never {
  note(`logboy: ${message}`)
  process.exit(1)
}

/** `1 line`, `2 lines`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const COLORS: Readonly<Record<Level, string>> = {
  TRACE: '90',
  DEBUG: '36',
  INFO: '32',
  WARN: '33',
  ERROR: '31',
  FATAL: '35',
}
const LEVEL_WIDTH = Math.max(...LEVELS.map(level => level.length))

/** `14:32:15.120 INFO  payment-service  Payment completed …`, coloured on a terminal. */
export function formatRow(row: Row, colored = process.stdout.isTTY): string {
  const level = row.level.padEnd(LEVEL_WIDTH)
  const shown = colored ? `\u001b[${COLORS[row.level]}m${level}\u001b[0m` : level
  return `${row.time.replace('T', ' ').replace('Z', '')} ${shown} ${row.service || '-'}  ${plain(row.message)}`
}

/** Control characters of a log must not steer the terminal of its reader. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '·')
}

/** Columns as wide as their widest cell; those of numbers end below each other. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isRight: readonly boolean[] = [],
): string {
  const widths = head.map((cell, at) =>
    rows.reduce((width, row) => Math.max(width, (row[at] ?? '').length), cell.length),
  )
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, at) => {
          const width = widths[at] as number
          return isRight[at] === true ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
