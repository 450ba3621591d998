/**
 * Sends what earlier processes left behind: takes over the folders whose process is gone, reads
 * them, and lets a sender of its own bring each to the server, one after the other, under the
 * numbers that its batches had, so that the server drops what it has.
 */
import { join } from 'node:path'
import type { Cancel, Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { Sender, type SenderOptions } from '../sender.ts'
import { type Done, readPatiently, type SpoolDisk } from './spool-disk.ts'
import { SpoolFiles } from './spool-files.ts'
import { SpoolFolder } from './spool-folder.ts'
import { numberOfSpoolFile } from './spool-format.ts'
import type { SpoolOwner } from './spool-owner.ts'
import type { SpoolRoom } from './spool-room.ts'
import { joinFiles, type ScannedFile, type ScannedSpool, scanFile } from './spool-scan.ts'

export interface OldSpoolsOptions {
  readonly disk: SpoolDisk
  readonly clock: Clock
  readonly random: Random
  readonly owner: SpoolOwner
  /** Folder of all spools of this key. */
  readonly folder: string
  readonly asideFolder: string
  readonly room: SpoolRoom
  readonly sender: Pick<SenderOptions, 'key' | 'transports'>
  readonly onTrouble: (message: string) => void
}

export interface OldSpoolCounts {
  /** Records found, and of these: acknowledged or refused; perhaps stored twice; damaged. */
  found: number
  settled: number
  possiblyRepeated: number
  lost: number
  damagedFiles: number
}

/** Processes end while others live: their folders are looked for so often. */
const LOOK_MS = 60_000

interface Old {
  readonly id: bigint
  readonly folder: string
  readonly files: readonly ScannedFile[]
  readonly spool: ScannedSpool | null
}

export class OldSpools {
  private readonly options: OldSpoolsOptions
  private readonly total: OldSpoolCounts = {
    found: 0,
    settled: 0,
    possiblyRepeated: 0,
    lost: 0,
    damagedFiles: 0,
  }
  private waiting: Old[] = []
  private current: { readonly folder: SpoolFolder; readonly sender: Sender } | null = null
  private isClosed = false
  private cancelLook: Cancel | null = null

  constructor(options: OldSpoolsOptions) {
    this.options = options
  }

  /** Looks for the first time; `found` is called when all that is there was counted. */
  start(found: () => void): void {
    this.look(() => {
      found()
      this.sendNext()
    })
  }

  get counts(): OldSpoolCounts {
    const { settled, possiblyRepeated, lost } = this.total
    const now = this.current?.sender.counts
    return {
      ...this.total,
      settled: settled + (now?.acknowledged ?? 0) + (now?.rejected ?? 0),
      possiblyRepeated: possiblyRepeated + (now?.possiblyRepeated ?? 0),
      lost: lost + (now?.lost ?? 0),
    }
  }

  /** Leaves what is not sent yet to whoever comes next. */
  close(done: () => void): void {
    this.isClosed = true
    this.cancelLook?.()
    const { disk, owner, folder } = this.options
    const left = this.waiting.splice(0)
    const release = (): void => {
      const next = left.pop()
      if (next === undefined) return done()
      disk.move(next.folder, join(folder, owner.releasedNameOf(next.id)), release)
    }
    this.current?.sender.close()
    if (this.current === null) release()
    else this.current.folder.close(release)
  }

  private look(done: () => void): void {
    const { disk, folder } = this.options
    disk.list(folder, (_, names = []) => this.takeNext([...names].sort(), done))
  }

  private takeNext(names: string[], done: () => void): void {
    const { disk, owner, folder } = this.options
    const name = names.shift()
    if (name === undefined || this.isClosed) return done()
    const id = owner.abandonedId(name)
    if (id === null) return this.takeNext(names, done)
    const taken = join(folder, owner.nameOf(id))
    disk.move(join(folder, name), taken, error => {
      // Another process was quicker.
      if (error !== null) this.takeNext(names, done)
      else this.scan(id, taken, () => this.takeNext(names, done))
    })
  }

  private scan(id: bigint, folder: string, done: () => void): void {
    const { disk, clock } = this.options
    const files: ScannedFile[] = []
    disk.list(folder, (_, all = []) => {
      const names = all.filter(name => numberOfSpoolFile(name) !== null).sort()
      const next = (): void => {
        const name = names.shift()
        if (name === undefined) {
          this.scanned({ id, folder, files, spool: joinFiles(files) })
          return done()
        }
        const path = join(folder, name)
        const read = (done: Done<Uint8Array>): void => disk.readFile(path, done)
        readPatiently(clock, read, (error, content) => {
          const damage = error === null ? null : error.message
          const unreadable = { name, bytes: 0, records: [], damage, lostRecords: 0 }
          files.push(content === undefined ? unreadable : scanFile(name, content))
          next()
        })
      }
      next()
    })
  }

  private scanned(old: Old): void {
    const { room, onTrouble } = this.options
    for (const { name, bytes, damage, lostRecords } of old.files) {
      room.take(bytes)
      this.total.lost += lostRecords
      if (damage === null) continue
      this.total.damagedFiles++
      onTrouble(`spool: ${join(old.folder, name)} is set aside: ${damage}`)
    }
    if (old.spool !== null) this.total.found += recordsOf(old.spool.batches)
    else for (const { records } of old.files) this.total.lost += recordsOf(records)
    this.waiting.push(old)
  }

  private sendNext(): void {
    const { clock } = this.options
    if (this.isClosed) return
    const old = this.waiting.shift()
    if (old === undefined) {
      const again = (): void => this.look(() => this.sendNext())
      this.cancelLook = clock.after(LOOK_MS, again)
    } else if (old.spool === null || old.spool.batches.length === 0) {
      this.remove(old, () => this.sendNext())
    } else this.send(old, old.spool)
  }

  private send({ id, folder, files }: Old, spool: ScannedSpool): void {
    const { owner, folder: base, sender: shared, ...rest } = this.options
    const releasedFolder = join(base, owner.releasedNameOf(id))
    const kept = new SpoolFolder({ ...rest, folder, releasedFolder, old: { files, spool } })
    const { clock, random, onTrouble } = rest
    const sender = new Sender({
      ...shared,
      clock,
      random,
      onTrouble,
      spool: kept,
      old: spool,
      onRoom: () => {},
    })
    this.current = { folder: kept, sender }
    kept.start()
    sender.whenSettled(() => {
      if (this.isClosed) return
      sender.close()
      kept.close(() => {
        Object.assign(this.total, this.counts)
        this.current = null
        this.sendNext()
      })
    })
    sender.hurry()
  }

  /** Nothing in it can or need be sent. */
  private remove({ folder, files, spool }: Old, done: () => void): void {
    const { disk, asideFolder, room } = this.options
    const old = files.map(file => {
      const isOrphan = spool === null && recordsOf(file.records) > 0
      return { ...file, damage: file.damage ?? (isOrphan ? 'it does not say whose it is' : null) }
    })
    const kept = new SpoolFiles({ disk, folder, asideFolder, room, old })
    kept.removeBefore(Number.POSITIVE_INFINITY, null)
    kept.settle(() => disk.removeFolder(folder, () => done()))
  }
}

function recordsOf(batches: readonly object[]): number {
  return batches.reduce((sum, batch) => sum + ('records' in batch ? Number(batch.records) : 0), 0)
}
