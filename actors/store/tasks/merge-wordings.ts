/** Task: wordings of a project to patterns. */
import { mergeTemplates, type PatternGroup } from '#actors/processing/patterns/merge.ts'
import type { Wordings } from '../known-wordings.ts'

export function mergeWordings(wordings: Wordings): PatternGroup[] {
  return mergeTemplates(wordings)
}
