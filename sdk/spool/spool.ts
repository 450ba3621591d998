/**
 * The disk spool of one logger: what survives the end of the application.
 *
 *   FOLDER/<key>/<owner>-<id>/000000000001.spool    one folder a logger, named by its process
 *   FOLDER/<key>/free-<id>/…                        left behind in order
 *   FOLDER/<key>/damaged/…                          for a person to look at
 */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { SenderOptions } from '../sender.ts'
import { type OldSpoolCounts, OldSpools } from './old-spools.ts'
import type { SpoolDisk } from './spool-disk.ts'
import { SpoolFolder } from './spool-folder.ts'
import { keyFolderOf, type SpoolOwner } from './spool-owner.ts'
import { SpoolRoom } from './spool-room.ts'

export interface SpoolOptions {
  readonly disk: SpoolDisk
  readonly clock: Clock
  readonly random: Random
  readonly owner: SpoolOwner
  readonly folder: string
  readonly bytesMax: number
  readonly sender: Pick<SenderOptions, 'key' | 'transports'>
  readonly onTrouble: (message: string) => void
}

export interface SpoolStats {
  /** Bytes on disk, of this process and of those before it. */
  readonly bytes: number
  /** Records of this process that were written: they outlive it. */
  readonly written: number
  /** Writes that failed; their batches stayed in memory and were tried again. */
  readonly failures: number
  /** Records of earlier processes: found, settled since, and damaged. */
  readonly found: number
  readonly settled: number
  readonly lost: number
  /** Files that were set aside because something in them is damaged. */
  readonly damagedFiles: number
}

export class Spool {
  /** For the batches of this process. */
  readonly live: SpoolFolder
  private readonly options: SpoolOptions
  private readonly room: SpoolRoom
  private readonly old: OldSpools

  constructor(options: SpoolOptions) {
    const { folder: root, owner, random, bytesMax, sender, ...rest } = options
    this.options = options
    this.room = new SpoolRoom(bytesMax)
    const folder = join(root, keyFolderOf(sender.key))
    const asideFolder = join(folder, 'damaged')
    const shared = { ...rest, random, room: this.room, asideFolder }
    const id = random.producer()
    this.live = new SpoolFolder({
      ...shared,
      folder: join(folder, owner.nameOf(id)),
      releasedFolder: join(folder, owner.releasedNameOf(id)),
    })
    this.old = new OldSpools({ ...shared, owner, sender, folder })
  }

  start(): void {
    // Not before it is known how much room earlier processes left.
    this.old.start(() => this.live.start())
    this.tellOfOtherKeys()
  }

  stats(): SpoolStats {
    const { found, settled, lost, damagedFiles } = this.old.counts
    const { written, failures } = this.live
    return { bytes: this.room.used, written, failures, found, settled, lost, damagedFiles }
  }

  get oldCounts(): OldSpoolCounts {
    return this.old.counts
  }

  /** The process is about to end. */
  writeNow(): void {
    this.live.writeNow()
  }

  /** Lets go of everything; what is not settled stays for whoever comes next. */
  close(): Promise<void> {
    return new Promise(resolve => this.live.close(() => this.old.close(resolve)))
  }

  /** After a change of keys nobody would send what the old one left. */
  private tellOfOtherKeys(): void {
    const { disk, folder, sender, owner, onTrouble } = this.options
    const own = keyFolderOf(sender.key)
    disk.list(folder, (_, keys = []) => {
      for (const key of keys.filter(name => name !== own)) {
        disk.list(join(folder, key), (_, names = []) => {
          if (!names.some(name => owner.abandonedId(name) !== null)) return
          onTrouble(`spool: ${join(folder, key)} holds logs of another key, which are not sent`)
        })
      }
    })
  }
}
