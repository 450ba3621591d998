/**
 * Room for a start on a full disk, so that what is stored can still be read: a file holds some
 * pages, and a start that finds none left takes its own from it.
 */
import { statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#runtime/random.ts'

const NAME = 'start-room'
const ROOM_BYTES = 256 * 1024
/** What one start takes: the lock, and what the catalog writes when it opens. */
const SHARE_BYTES = 64 * 1024

/** Below it, a start leaves to the disk what it gave back. */
const FREE_BYTES_MIN = 16 * 1024 * 1024

/** Fills it up while there is room. Random bytes, for some file systems store nothing of zeros. */
export function keepStartRoom(folder: string, random: Random): void {
  const path = join(folder, NAME)
  const { bavail, bsize } = statfsSync(folder)
  if (sizeOf(path) === ROOM_BYTES || bavail * bsize < FREE_BYTES_MIN) return
  try {
    writeFileSync(path, random.bytes(ROOM_BYTES), { mode: 0o600 })
  } catch {
    // Others took the disk meanwhile: it holds what it got.
  }
}

/** Gives a share of it back to the disk; false = there was none. */
export function giveStartRoom(folder: string): boolean {
  const path = join(folder, NAME)
  const size = sizeOf(path)
  if (size === 0) return false
  truncateSync(path, Math.max(0, size - SHARE_BYTES))
  return true
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
