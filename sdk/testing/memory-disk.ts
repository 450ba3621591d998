/**
 * A disk in memory on a virtual clock: it takes its time, fills up, fails, and tears what is on its
 * way when the process that writes dies.
 */
import type { Clock } from '../clock.ts'
import type { Done, SpoolDisk, SpoolFile } from '../spool/spool-disk.ts'
import type { SeededRandom } from './seeded.ts'

export class MemoryDisk {
  /** By path. */
  readonly files = new Map<string, Buffer>()
  readonly folders = new Set<string>()
  /** Writes beyond so many bytes fail. */
  bytesMax = Number.POSITIVE_INFINITY
  /** Probability that an operation fails. */
  failure = 0
  maxDelayMs = 5
  private readonly random: SeededRandom

  constructor(random: SeededRandom) {
    this.random = random
  }

  get bytes(): number {
    return [...this.files.values()].reduce((sum, file) => sum + file.length, 0)
  }

  /** The disk as one process sees it; what that has on its way when it dies is done in part. */
  mount(clock: Clock): MountedDisk {
    return new MountedDisk(this, clock, this.random)
  }
}

export class MountedDisk implements SpoolDisk {
  private readonly disk: MemoryDisk
  private readonly clock: Clock
  private readonly random: SeededRandom
  private readonly writing = new Set<() => void>()

  constructor(disk: MemoryDisk, clock: Clock, random: SeededRandom) {
    this.disk = disk
    this.clock = clock
    this.random = random
  }

  /** The process dies. Its clock must run no more. */
  kill(): void {
    for (const tear of this.writing) tear()
    this.writing.clear()
  }

  makeFolder(path: string, done: Done): void {
    this.later(done, () => this.addFolder(path))
  }

  list(path: string, done: Done<readonly string[]>): void {
    this.later(done, () => {
      const all = [...this.disk.files.keys(), ...this.disk.folders]
      const inside = all.filter(other => other.startsWith(`${path}/`))
      return [...new Set(inside.map(other => other.slice(path.length + 1).split('/')[0] as string))]
    })
  }

  move(from: string, to: string, done: Done): void {
    this.later(done, () => {
      const { files, folders } = this.disk
      const isThere = files.has(from) || folders.has(from)
      if (!isThere) throw fault('ENOENT')
      for (const path of [...files.keys()].filter(other => isWithin(other, from))) {
        files.set(to + path.slice(from.length), files.get(path) as Buffer)
        files.delete(path)
      }
      for (const path of [...folders].filter(other => isWithin(other, from))) {
        folders.add(to + path.slice(from.length))
        folders.delete(path)
      }
    })
  }

  removeFile(path: string, done: Done): void {
    this.later(done, () => {
      if (!this.disk.files.delete(path)) throw fault('ENOENT')
    })
  }

  removeFolder(path: string, done: Done): void {
    this.later(done, () => {
      const { files, folders } = this.disk
      if ([...files.keys(), ...folders].some(other => other.startsWith(`${path}/`))) {
        throw fault('ENOTEMPTY')
      }
      if (!folders.delete(path)) throw fault('ENOENT')
    })
  }

  readFile(path: string, done: Done<Uint8Array>): void {
    this.later(done, () => Uint8Array.from(this.contentOf(path)))
  }

  read(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.later(done, () =>
      Uint8Array.from(this.contentOf(path).subarray(position, position + length)),
    )
  }

  create(path: string, done: Done<SpoolFile>): void {
    this.later(done, () => {
      if (!this.disk.folders.has(path.slice(0, path.lastIndexOf('/')))) throw fault('ENOENT')
      return this.createNow(path)
    })
  }

  createNow(path: string): SpoolFile {
    this.addFolder(path.slice(0, path.lastIndexOf('/')))
    if (this.disk.files.has(path)) throw fault('EEXIST')
    this.disk.files.set(path, Buffer.alloc(0))
    return this.fileAt(path)
  }

  private fileAt(path: string): SpoolFile {
    const writeNow = (pieces: readonly Uint8Array[], position: number): void => {
      const bytes = Buffer.concat(pieces)
      const room = this.disk.bytesMax - this.disk.bytes
      const fits = bytes.length <= room
      this.put(path, fits ? bytes : bytes.subarray(0, Math.max(0, room)), position)
      if (!fits) throw fault('ENOSPC')
    }
    return {
      writeNow,
      write: (pieces, position, done) => {
        const tear = (): void => {
          const bytes = Buffer.concat(pieces)
          this.put(path, bytes.subarray(0, Math.floor(this.random.unit() * bytes.length)), position)
        }
        this.writing.add(tear)
        const ended: Done = error => {
          this.writing.delete(tear)
          done(error)
        }
        this.later(ended, () => writeNow(pieces, position))
      },
      truncate: (length, done) =>
        this.later(done, () => {
          this.disk.files.set(path, this.contentOf(path).subarray(0, length))
        }),
      close: done => this.later(done, () => {}),
    }
  }

  private addFolder(path: string): void {
    for (let end = 0; end >= 0; ) {
      end = path.indexOf('/', end + 1)
      this.disk.folders.add(end < 0 ? path : path.slice(0, end))
    }
  }

  private put(path: string, bytes: Buffer, position: number): void {
    const old = this.contentOf(path)
    const grown = Buffer.alloc(Math.max(old.length, position + bytes.length))
    old.copy(grown)
    bytes.copy(grown, position)
    this.disk.files.set(path, grown)
  }

  private contentOf(path: string): Buffer {
    const content = this.disk.files.get(path)
    if (content === undefined) throw fault('ENOENT')
    return content
  }

  private later<Result>(done: Done<Result>, run: () => Result): void {
    this.clock.after(this.random.unit() * this.disk.maxDelayMs, () => {
      let result: Result
      try {
        if (this.random.chance(this.disk.failure)) throw fault('EIO')
        result = run()
      } catch (error) {
        return done(error as Error)
      }
      done(null, result)
    })
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code })
}
