/** A disk of a few megabytes that a run can fill to the page, and empty again. */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const PAGE_BYTES = 4_096
const CHUNK_BYTES = 256 * PAGE_BYTES

export class SmallDisk {
  readonly folder: string
  readonly #ballast: string

  private constructor(folder: string) {
    this.folder = folder
    this.#ballast = join(folder, 'ballast')
    process.once('exit', () => this.remove())
  }

  /** null = it cannot be mounted here. */
  static mount(mebibytes: number): SmallDisk | null {
    const folder = mkdtempSync(join(tmpdir(), 'logboy-tmpfs-'))
    const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]
    if (spawnSync('mount', options).status === 0) return new SmallDisk(folder)
    rmSync(folder, { recursive: true })
    return null
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder)
    return bavail * bsize
  }

  /** Leaves so many bytes free, whole pages; others may take or give some at the same time. */
  fill(freeBytes: number): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (;;) {
        const bytes = Math.min(CHUNK_BYTES, this.freeBytes - freeBytes)
        if (bytes < PAGE_BYTES) return
        writeSync(file, Buffer.alloc(bytes - (bytes % PAGE_BYTES), 1))
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  /** Gives back as many pages as it takes for so many bytes to be free. */
  give(freeBytes: number): void {
    const missing = freeBytes - this.freeBytes
    if (missing <= 0) return
    const size = statSync(this.#ballast).size - Math.ceil(missing / PAGE_BYTES) * PAGE_BYTES
    truncateSync(this.#ballast, Math.max(0, size))
  }

  /** All space that `fill` took comes back. */
  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  remove(): void {
    spawnSync('umount', ['-l', this.folder])
    rmSync(this.folder, { recursive: true, force: true })
  }
}
