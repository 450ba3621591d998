/** Row groups that indexes answer for a task, segment by segment. */
import { isCorrupt, type OpenSegment, type SegmentFiles } from '../segment-files.ts'

export interface SegmentGroups {
  readonly path: string
  readonly groups: readonly number[]
}

export interface Unanswered {
  /** Their rows have to be read. */
  readonly unanswered: readonly SegmentGroups[]
  /** Paths of segments whose index cannot be read. */
  readonly damaged: readonly string[]
}

/** `answer`: all of a row group or nothing, and then false. */
export function answerGroups(
  files: SegmentFiles,
  segments: readonly SegmentGroups[],
  answer: (segment: OpenSegment, group: number) => boolean,
): Unanswered {
  const unanswered: SegmentGroups[] = []
  const damaged: string[] = []
  for (const { path, groups } of segments) {
    const answered = new Set<number>()
    try {
      // The files are opened once for all row groups: that takes longer than to add one up.
      files.use(path, segment => {
        for (const group of groups) if (answer(segment, group)) answered.add(group)
        if (groups.some(group => segment.index(group) === null)) damaged.push(path)
      })
    } catch (error) {
      if (!isCorrupt(error)) throw error
      damaged.push(path)
    }
    const others = groups.filter(group => !answered.has(group))
    if (others.length > 0) unanswered.push({ path, groups: others })
  }
  return { unanswered, damaged }
}
