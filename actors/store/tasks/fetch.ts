/** Task: single rows of units as JSON text. */
import { projectRow } from '#actors/processing/project-row.ts'
import { rowJson } from '#actors/processing/row-json.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { isCorrupt, segmentFiles } from '../segment-files.ts'
import { openUnitRows, type UnitRef } from '../units.ts'

export interface FetchInput {
  readonly unit: UnitRef
  /** Row numbers in the unit, ascending. */
  readonly numbers: Uint32Array
  /** null = whole rows; else arrays of these fields. */
  readonly fields: readonly string[] | null
}

export interface FetchResult {
  /** Empty if the unit is damaged. */
  readonly rows: readonly string[]
  /** What is wrong with the unit; null = nothing. */
  readonly damage: string | null
}

export function fetchRows(
  { unit, numbers, fields }: FetchInput,
  { disk }: ThreadTools,
): FetchResult {
  const rows: string[] = []
  try {
    openUnitRows(unit, numbers, segmentFiles(disk), (columns, i) => {
      const json = rowJson(columns, i)
      rows.push(fields === null ? json : projectRow(json, fields))
    })
    return { rows, damage: null }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return { rows: [], damage: error.message }
  }
}
