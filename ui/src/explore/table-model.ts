/** The cells of an analysis as text. */
import type { Json, TableColumn } from '#proto/api.ts'
import { numberText } from '../kit/number-text.ts'
import { clockText, dayText, timeMs, type Zone } from '../kit/wall-time.ts'

export function cellText(cell: Json | undefined, { type }: TableColumn, zone: Zone): string {
  if (cell === null || cell === undefined) return '–'
  if (typeof cell === 'number') return numberText(cell)
  if (typeof cell !== 'string') return JSON.stringify(cell)
  if (type !== 'time') return cell
  const ms = timeMs(cell)
  return `${dayText(ms, zone)} ${clockText(ms, zone).slice(0, 8)}`
}
