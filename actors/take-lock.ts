/**
 * Taking a lock file, also one whose holder died, so that of any number who try at the same time
 * exactly one gets it. A stale file is replaced only by whoever holds the claim on it, which is a
 * lock of its own, named after what the stale file says:
 *
 *   lock            {holder that died}       ◀── read, found dead
 *   lock.<digest>   {us}                     ◀── taken the same way: at most one has it
 *   lock            {us}                     ◀── replaced, if it still says the same
 *
 * What a file says is never said again, so a claim on it that comes late finds another text and
 * gives up. Whoever dies with a claim leaves a stale one, which is taken over like any other lock.
 */
import { createHash } from 'node:crypto'

/** One step each on the file system; simulated where interleavings are tried. */
export interface LockFiles {
  /** Whole or not at all; false = there is one already. */
  create(path: string, text: string): Promise<boolean>
  /** null = there is none. */
  read(path: string): Promise<string | null>
  /** In one step. */
  replace(path: string, text: string): Promise<void>
  remove(path: string): Promise<void>
}

export interface TakeLockOptions {
  readonly files: LockFiles
  readonly path: string
  /** Names us; nobody ever wrote the same. */
  readonly text: string
  /** Whether the one whom a file names is alive. */
  readonly isHeld: (text: string) => boolean
}

/** null = taken; else what the file of the one says who has it, or is just taking it. */
export async function takeLock(options: TakeLockOptions): Promise<string | null> {
  const { files, path, text, isHeld } = options
  for (;;) {
    if (await files.create(path, text)) return null
    const found = await files.read(path)
    if (found === null) continue
    if (isHeld(found)) return found
    const claim = `${path}.${digestOf(found)}`
    const claimant = await takeLock({ ...options, path: claim })
    if (claimant !== null) return claimant
    const isStill = (await files.read(path)) === found
    if (isStill) await files.replace(path, text)
    await files.remove(claim)
    if (isStill) return null
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
