/** Tells segments of a newer program from damaged ones by the name of their writer (created_by). */
import { SegmentCorruptError } from './corrupt.ts'
import { provenFooter, type ReadRange, SEGMENT_VERSION } from './footer.ts'

/** What holds created_by: behind it stands nothing but the order of each column. */
const END_BYTES = 4 * 1024

/** The version of a segment that a newer program wrote; null = it is of ours, or damaged. */
export function newerVersion(read: ReadRange, fileBytes: number): number | null {
  const bytes = Math.min(END_BYTES, fileBytes)
  if (versionIn(read(fileBytes - bytes, bytes)) <= SEGMENT_VERSION) return null
  try {
    // A flipped bit or a log that speaks of versions is no reason to refuse a start.
    const version = versionIn(provenFooter(read, fileBytes).footer)
    return version <= SEGMENT_VERSION ? null : version
  } catch (error) {
    if (error instanceof SegmentCorruptError) return null
    throw error
  }
}

function versionIn(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString('latin1')
  const [, version] = /.*logboy version (\d+)/s.exec(text) ?? []
  return Number(version ?? 0)
}
