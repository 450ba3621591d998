import assert from 'node:assert/strict'
import { dirname, normalize } from 'node:path'
import type { Disk, DiskFile } from '../disk.ts'
import type { Random } from '../random.ts'
import { SimulatedInode } from './simulated-inode.ts'

/** Operations that change the disk; these are counted and are the possible crash points. */
export type DiskChange =
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'sync-folder'
  | 'make-folder'

/** What a failure may be asked for. */
export type DiskOperation = DiskChange | 'open' | 'read' | 'list'

export type DiskErrorCode = 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE' | 'EACCES'

export interface SimulatedDiskOptions {
  readonly random: Random
  /** Bytes of all files together; without it the disk never fills. */
  readonly capacityBytes?: number
}

/** Thrown by every operation from the crash until `restart`: the process is gone by then. */
export class SimulatedCrash extends Error {
  readonly code = 'LOGBOY_SIMULATED_CRASH'
}

/** A change of names in folders that no `syncFolder` has made durable yet. */
interface NameChange {
  readonly folders: readonly string[]
  readonly clear: string | undefined
  readonly set: { readonly path: string; readonly inode: SimulatedInode } | undefined
}

/**
 * A disk in memory that is as unkind as real ones may be: a power loss keeps what was synced, and
 * of everything else a random part; syncs fail and forget; space runs out in the middle of a write.
 * The same seed and the same operations give the same outcome.
 */
export class SimulatedDisk implements Disk {
  readonly #random: Random
  readonly #folders = new Set<string>(['/', '.'])
  readonly #planned: { operation: DiskOperation; code: DiskErrorCode; path: string | undefined }[] =
    []
  #names = new Map<string, SimulatedInode>()
  #durableNames = new Map<string, SimulatedInode>()
  #nameChanges: NameChange[] = []
  #capacityBytes: number
  #failWhen: (operation: DiskOperation, path: string) => DiskErrorCode | undefined = () => undefined
  #crashAt = Number.POSITIVE_INFINITY
  #crashed = false
  #whenCrashed: () => void = () => undefined
  #boot = 0
  #operations = 0

  constructor(options: SimulatedDiskOptions) {
    this.#random = options.random
    this.#capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
  }

  // ---- what a test asks for ----

  /** How many changing operations there were; crash points of `crashAt` count the same way. */
  get operations(): number {
    return this.#operations
  }

  get crashed(): boolean {
    return this.#crashed
  }

  /** The power goes at the `nth` changing operation from now (1 = next), which may half happen. */
  crashAt(nth: number): void {
    assert(nth >= 1, 'the next operation is number 1')
    this.#crashAt = this.#operations + nth
  }

  /** The power goes now: every open file is invalid and what was not synced may be lost. */
  crash(): void {
    this.losePower()
    this.restart()
  }

  /** The power goes now and stays away until `restart`. */
  losePower(): void {
    this.#crashed = true
    this.#whenCrashed()
  }

  /** Called when the power goes; one listener, the latest. */
  whenCrashed(listener: () => void): void {
    this.#whenCrashed = listener
  }

  /** The process dies but the machine lives (kill -9): open files are invalid, nothing is lost. */
  kill(): void {
    this.#boot++
    this.#crashed = false
    this.#crashAt = Number.POSITIVE_INFINITY
  }

  /** Brings the disk back after a crash, with what survived. */
  restart(): void {
    assert(this.#crashed, 'nothing to restart from: call crash()')
    const survivors = this.#nameChanges.filter(() => this.#random.below(2) === 0)
    for (const change of survivors) apply(change, this.#durableNames)
    this.#nameChanges = []
    this.#names = new Map(this.#durableNames)
    for (const inode of new Set(this.#names.values())) inode.losePower(this.#random)
    this.kill()
  }

  /** The next operation of that kind (on that path, where given) fails with `code`. */
  failNext(operation: DiskOperation, code: DiskErrorCode, path?: string): void {
    this.#planned.push({ operation, code, path: path === undefined ? undefined : normalize(path) })
  }

  /** Asked before every operation; the code it answers is how the operation fails. */
  failWhen(predicate: (operation: DiskOperation, path: string) => DiskErrorCode | undefined): void {
    this.#failWhen = predicate
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes
  }

  usedBytes(): number {
    let used = 0
    for (const inode of new Set(this.#names.values())) used += inode.size
    return used
  }

  /** All files, by name, without counting as an operation. */
  paths(): string[] {
    return [...this.#names.keys()].sort()
  }

  contents(path: string): Uint8Array {
    const inode = this.#find(path, 'open')
    const bytes = new Uint8Array(inode.size)
    inode.read(bytes, 0)
    return bytes
  }

  /** Puts a whole file there, durable at once and not counted: the start of a test. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new SimulatedInode()
    inode.write([bytes], 0, bytes.length)
    inode.sync()
    this.#names.set(normalize(path), inode)
    this.#durableNames.set(normalize(path), inode)
    for (let folder = dirname(normalize(path)); !this.#folders.has(folder); ) {
      this.#folders.add(folder)
      folder = dirname(folder)
    }
  }

  /** Rot: flips one bit of a file where it lies; without `bit` a random one. Answers which. */
  flipBit(path: string, bit?: number): number {
    const inode = this.#find(path, 'open')
    assert(inode.size > 0, 'an empty file has no bits')
    const chosen = bit ?? this.#random.below(inode.size) * 8 + this.#random.below(8)
    inode.flipBit(chosen)
    return chosen
  }

  // ---- Disk ----

  open(path: string, mode: 'create' | 'update' | 'read'): DiskFile {
    const name = normalize(path)
    if (mode === 'create') return this.#change('create', name, () => this.#create(name))
    this.#begin('open', name)
    return this.#handle(this.#find(name, 'open'), name, mode === 'read')
  }

  exists(path: string): boolean {
    this.#assertPower()
    return this.#names.has(normalize(path)) || this.#folders.has(normalize(path))
  }

  list(folder: string): string[] {
    const name = normalize(folder)
    this.#begin('list', name)
    const children = [...this.#names.keys(), ...this.#folders].filter(
      path => dirname(path) === name && path !== name,
    )
    return children.map(path => path.slice(name === '/' ? 1 : name.length + 1)).sort()
  }

  makeFolder(folder: string): void {
    const name = normalize(folder)
    this.#change('make-folder', name, () => {
      for (let at = name; !this.#folders.has(at); at = dirname(at)) this.#folders.add(at)
    })
  }

  rename(from: string, to: string): void {
    const [source, target] = [normalize(from), normalize(to)]
    this.#change('rename', source, () => {
      const inode = this.#find(source, 'rename')
      this.#assertFolder(dirname(target), 'rename')
      this.#changeNames({
        folders: [dirname(source), dirname(target)],
        clear: source,
        set: { path: target, inode },
      })
    })
  }

  remove(path: string): void {
    const name = normalize(path)
    this.#change('remove', name, () => {
      if (this.#folders.has(name)) throw diskError('EISDIR', 'remove', name)
      if (!this.#names.has(name)) return
      this.#changeNames({ folders: [dirname(name)], clear: name, set: undefined })
    })
  }

  syncFolder(folder: string): void {
    const name = normalize(folder)
    this.#change('sync-folder', name, () => {
      this.#assertFolder(name, 'sync-folder')
      const durable = this.#nameChanges.filter(change => change.folders.includes(name))
      for (const change of durable) apply(change, this.#durableNames)
      this.#nameChanges = this.#nameChanges.filter(change => !durable.includes(change))
    })
  }

  freeBytes(_folder: string): number {
    this.#assertPower()
    return this.#freeBytes()
  }

  // ---- inside ----

  #create(name: string): DiskFile {
    if (this.#names.has(name) || this.#folders.has(name)) throw diskError('EEXIST', 'create', name)
    this.#assertFolder(dirname(name), 'create')
    const inode = new SimulatedInode()
    this.#changeNames({ folders: [dirname(name)], clear: undefined, set: { path: name, inode } })
    return this.#handle(inode, name, false)
  }

  #handle(inode: SimulatedInode, path: string, readOnly: boolean): DiskFile {
    const boot = this.#boot
    let open = true
    const check = (operation: DiskOperation): void => {
      this.#assertPower()
      const writes = operation !== 'read'
      if (!open || boot !== this.#boot || (readOnly && writes)) {
        throw diskError('EBADF', operation, path)
      }
    }
    return {
      size: () => {
        check('read')
        return inode.size
      },
      read: (into, position) => {
        check('read')
        this.#begin('read', path)
        return inode.read(into, position)
      },
      write: (parts, position) => {
        check('write')
        this.#write(inode, path, parts, position)
      },
      truncate: size => {
        check('truncate')
        this.#change('truncate', path, () => {
          this.#assertRoom(size - inode.size, 'truncate', path)
          inode.truncate(size)
        })
      },
      sync: () => {
        check('sync')
        const fail = (): void => inode.failSync(this.#random)
        this.#change('sync', path, () => inode.sync(), fail)
      },
      // Another file may have its number by then.
      close: () => {
        assert(open, `${path} is closed once`)
        open = false
      },
    }
  }

  /** A write that fails, or that the power loss interrupts, has written an unknown prefix. */
  #write(
    inode: SimulatedInode,
    path: string,
    parts: readonly Uint8Array[],
    position: number,
  ): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const prefix = (): void => inode.write(parts, position, this.#random.below(length + 1))
    const whole = (): void => {
      const room = inode.size + this.#freeBytes() - position
      if (room >= length) return inode.write(parts, position, length)
      inode.write(parts, position, Math.max(0, room))
      throw diskError('ENOSPC', 'write', path)
    }
    this.#change('write', path, whole, prefix)
  }

  /** Counts the operation, lets the power go or the operation fail if that was asked for. */
  #change<Result>(
    operation: DiskChange,
    path: string,
    run: () => Result,
    runInPart: () => void = () => undefined,
  ): Result {
    this.#assertPower()
    this.#operations++
    if (this.#operations >= this.#crashAt) {
      try {
        if (this.#random.below(2) === 0) runInPart()
        else run()
      } finally {
        this.losePower()
        this.#assertPower()
      }
    }
    const code = this.#failure(operation, path)
    if (code !== undefined) {
      runInPart()
      throw diskError(code, operation, path)
    }
    return run()
  }

  #begin(operation: DiskOperation, path: string): void {
    this.#assertPower()
    const code = this.#failure(operation, path)
    if (code !== undefined) throw diskError(code, operation, path)
  }

  #failure(operation: DiskOperation, path: string): DiskErrorCode | undefined {
    const index = this.#planned.findIndex(
      plan => plan.operation === operation && (plan.path ?? path) === path,
    )
    if (index < 0) return this.#failWhen(operation, path)
    return this.#planned.splice(index, 1)[0]?.code
  }

  #changeNames(change: NameChange): void {
    this.#nameChanges.push(change)
    apply(change, this.#names)
  }

  #find(path: string, operation: DiskOperation): SimulatedInode {
    const inode = this.#names.get(normalize(path))
    if (inode === undefined) throw diskError('ENOENT', operation, path)
    return inode
  }

  #assertFolder(folder: string, operation: DiskOperation): void {
    if (!this.#folders.has(folder)) throw diskError('ENOENT', operation, folder)
  }

  #assertRoom(bytes: number, operation: DiskOperation, path: string): void {
    if (bytes > this.#freeBytes()) {
      throw diskError('ENOSPC', operation, path)
    }
  }

  #freeBytes(): number {
    if (this.#capacityBytes === Number.POSITIVE_INFINITY) return this.#capacityBytes
    return Math.max(0, this.#capacityBytes - this.usedBytes())
  }

  #assertPower(): void {
    if (this.#crashed) throw new SimulatedCrash('the simulated machine has no power')
  }
}

function apply(change: NameChange, names: Map<string, SimulatedInode>): void {
  if (change.clear !== undefined) names.delete(change.clear)
  if (change.set !== undefined) names.set(change.set.path, change.set.inode)
}

/** An error as node:fs throws it. */
function diskError(code: string, operation: DiskOperation, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), {
    code,
    syscall: operation,
    path,
  })
}
