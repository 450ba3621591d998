import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writevSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * The disk as the durable parts see it: synchronous, because those parts own their thread and must
 * know what is on disk before they go on. Simulation replaces it by one that loses unsynced bytes,
 * tears writes, fills up and fails. Errors carry Node's `code` (ENOSPC, EIO, ENOENT …).
 */
export interface Disk {
  /** `create` fails if the file exists; `update` and `read` fail if it does not. */
  open(path: string, mode: 'create' | 'update' | 'read'): DiskFile
  exists(path: string): boolean
  /** Names in a folder, sorted; [] if the folder is missing. */
  list(folder: string): string[]
  /** Creates the folder and those above it, durably. */
  makeFolder(folder: string): void
  /** Replaces `to` in one step; durable only after `syncFolder` of the folder. */
  rename(from: string, to: string): void
  /** Removes a file; a missing one is fine. */
  remove(path: string): void
  /** Makes creations, renames and removals in the folder durable. */
  syncFolder(folder: string): void
  /** Bytes that this process may still write to the volume of `folder`. */
  freeBytes(folder: string): number
}

export interface DiskFile {
  size(): number
  /** Fills `into` from `position`; answers how many bytes there were, fewer only at the end. */
  read(into: Uint8Array, position: number): number
  /** Writes all parts one after the other at `position`; if it throws, an unknown prefix. */
  write(parts: readonly Uint8Array[], position: number): void
  truncate(size: number): void
  /** Content and length are on disk after it. After a failure the content is unknown. */
  sync(): void
  close(): void
}

/** IOV_MAX of Linux; one writev takes no more parts than that. */
const WRITE_PARTS_MAX = 1024

/** The machine's own disk. */
export const systemDisk: Disk = {
  open: (path, mode) =>
    new SystemFile(openSync(path, mode === 'create' ? 'wx+' : mode === 'update' ? 'r+' : 'r')),
  exists: existsSync,
  list: folder => (existsSync(folder) ? readdirSync(folder).sort() : []),
  makeFolder(folder) {
    const first = mkdirSync(folder, { recursive: true })
    if (first === undefined) return
    const top = dirname(resolve(first))
    for (let at = resolve(folder); at !== top; at = dirname(at)) systemDisk.syncFolder(dirname(at))
  },
  rename: renameSync,
  remove: path => rmSync(path, { force: true }),
  syncFolder(folder) {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  },
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  },
}

class SystemFile implements DiskFile {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  size(): number {
    return fstatSync(this.#fd).size
  }

  read(into: Uint8Array, position: number): number {
    let done = 0
    while (done < into.length) {
      const count = readSync(this.#fd, into, done, into.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  write(parts: readonly Uint8Array[], position: number): void {
    let at = position
    for (let first = 0; first < parts.length; first += WRITE_PARTS_MAX) {
      at = this.#writeSome(parts.slice(first, first + WRITE_PARTS_MAX), at)
    }
  }

  /** writev may stop short without an error (a full disk first answers with what still fitted). */
  #writeSome(parts: readonly Uint8Array[], position: number): number {
    let rest = parts.filter(part => part.length > 0)
    let at = position
    while (rest.length > 0) {
      const written = writevSync(this.#fd, rest, at)
      at += written
      rest = partsAfter(rest, written)
    }
    return at
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size)
  }

  sync(): void {
    fdatasyncSync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** What is left of the parts behind their first `bytes`. */
function partsAfter(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let [whole, left] = [0, bytes]
  for (; whole < parts.length; whole++) {
    const { length } = parts[whole] as Uint8Array
    if (left < length) break
    left -= length
  }
  const rest = parts.slice(whole)
  const [first] = rest
  if (first !== undefined && left > 0) rest[0] = first.subarray(left)
  return rest
}
