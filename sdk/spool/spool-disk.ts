/**
 * What a spool needs of a disk. It answers by callbacks, never before it returns, so that a model
 * on a virtual clock can stand in. Nothing is synced: a spool outlives its process, and of a power
 * cut it loses what the system had not written yet.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'

export type Done<Result = void> = (error: Error | null, result?: Result) => void

export interface SpoolDisk {
  /** With all folders above it; for nobody else to read. */
  makeFolder(path: string, done: Done): void
  /** Names in a folder; none where there is no such folder. */
  list(path: string, done: Done<readonly string[]>): void
  move(from: string, to: string, done: Done): void
  removeFile(path: string, done: Done): void
  /** Only an empty one. */
  removeFolder(path: string, done: Done): void
  readFile(path: string, done: Done<Uint8Array>): void
  read(path: string, position: number, length: number, done: Done<Uint8Array>): void
  /** A new file; fails where there is one. */
  create(path: string, done: Done<SpoolFile>): void
  /** The same, at once, or throws: the process is about to end. */
  createNow(path: string): SpoolFile
}

export interface SpoolFile {
  /** Writes all of it. */
  write(pieces: readonly Uint8Array[], position: number, done: Done): void
  /** The same, at once, or throws. */
  writeNow(pieces: readonly Uint8Array[], position: number): void
  truncate(length: number, done: Done): void
  close(done: Done): void
}

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

export const systemDisk: SpoolDisk = {
  makeFolder: (path, done) =>
    fs.mkdir(path, { recursive: true, mode: FOLDER_MODE }, error => done(error)),
  list: (path, done) =>
    fs.readdir(path, (error, names) => {
      if (error?.code === 'ENOENT') done(null, [])
      else done(error, names)
    }),
  move: (from, to, done) => fs.rename(from, to, done),
  removeFile: (path, done) => fs.unlink(path, done),
  removeFolder: (path, done) => fs.rmdir(path, done),
  readFile: (path, done) => fs.readFile(path, done),
  read: (path, position, length, done) =>
    fs.open(path, 'r', (error, fd) => {
      if (error !== null) return done(error)
      const bytes = new Uint8Array(length)
      fs.read(fd, bytes, 0, length, position, (failure, count) => {
        fs.close(fd, () => done(failure, bytes.subarray(0, count)))
      })
    }),
  create: (path, done) =>
    fs.open(path, 'wx', FILE_MODE, (error, fd) => {
      if (error === null) done(null, new SystemFile(fd))
      else done(error)
    }),
  createNow(path) {
    fs.mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
    return new SystemFile(fs.openSync(path, 'w', FILE_MODE))
  },
}

class SystemFile implements SpoolFile {
  private readonly fd: number

  constructor(fd: number) {
    this.fd = fd
  }

  write(pieces: readonly Uint8Array[], position: number, done: Done): void {
    fs.writev(this.fd, pieces, position, (error, written) => {
      if (error !== null) return done(error)
      const rest = restOf(pieces, written)
      if (rest.length === 0) done(null)
      else this.write(rest, position + written, done)
    })
  }

  writeNow(pieces: readonly Uint8Array[], position: number): void {
    for (let rest = pieces, at = position; rest.length > 0; ) {
      const written = fs.writevSync(this.fd, rest, at)
      rest = restOf(rest, written)
      at += written
    }
  }

  truncate(length: number, done: Done): void {
    fs.ftruncate(this.fd, length, done)
  }

  close(done: Done): void {
    fs.close(this.fd, error => done(error ?? null))
  }
}

const READ_ATTEMPTS_MAX = 5
const READ_RETRY_MS = 1_000

/** Reads again for a while: too many open files, for one, are no reason to give batches up. */
export function readPatiently<Result>(
  clock: Clock,
  read: (done: Done<Result>) => void,
  done: Done<Result>,
  attempt = 1,
): void {
  read((error, result) => {
    const isGone = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'
    if (error === null || isGone || attempt >= READ_ATTEMPTS_MAX) done(error, result)
    else clock.after(READ_RETRY_MS, () => readPatiently(clock, read, done, attempt + 1))
  })
}

/** What is left of the pieces after so many bytes. */
function restOf(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written
  for (const [i, piece] of pieces.entries()) {
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(i + 1)]
    left -= piece.length
  }
  return []
}
