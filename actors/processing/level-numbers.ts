/** Levels as small numbers. */
import { LEVELS, levelOfSeverity } from '#proto/api.ts'

/** Index into LEVELS of each severity number. */
export const LEVEL_OF_SEVERITY: Uint8Array = Uint8Array.from({ length: 256 }, (_, severity) =>
  LEVELS.indexOf(levelOfSeverity(severity)),
)
