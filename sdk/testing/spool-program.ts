/**
 * A program with a spool that is killed and started again, on a model of disk and server. It knows
 * what its spool promised to keep.
 */
import type { BatchSpool } from '../batch-spool.ts'
import { Sender } from '../sender.ts'
import { Spool, type SpoolOptions } from '../spool/spool.ts'
import type { SpoolOwner } from '../spool/spool-owner.ts'
import type { Transport } from '../transport.ts'
import type { MemoryDisk, MountedDisk } from './memory-disk.ts'
import { batchOf, type ModelServer } from './model-server.ts'
import { MortalClock } from './mortal-clock.ts'

export interface SpoolWorld {
  readonly server: ModelServer
  readonly disk: MemoryDisk
  /** Processes that are alive. */
  readonly alive: Set<string>
}

export interface SpoolProgramOptions {
  readonly world: SpoolWorld
  readonly name: string
  readonly bytesMax: number
  readonly residentBytesMax: number
}

/** What is counted over all lives. */
export interface ProgramCounts {
  possiblyRepeated: number
  lost: number
}

export class SpoolProgram {
  /** Ids of batches that outlive the process, as the spool said, and that the server settled. */
  readonly kept = new Set<number>()
  readonly settled = new Set<number>()
  readonly troubles: string[] = []
  private readonly options: SpoolProgramOptions
  private readonly before: ProgramCounts = { possiblyRepeated: 0, lost: 0 }
  private lives = 0
  private life: Life

  constructor(options: SpoolProgramOptions) {
    this.options = options
    this.life = this.begin()
  }

  get spool(): Spool {
    return this.life.spool
  }

  get sender(): Sender {
    return this.life.sender
  }

  get counts(): ProgramCounts {
    const { sender, spool } = this.life
    const { possiblyRepeated, lost } = spool.oldCounts
    return {
      possiblyRepeated:
        this.before.possiblyRepeated + sender.counts.possiblyRepeated + possiblyRepeated,
      lost: this.before.lost + sender.counts.lost + lost,
    }
  }

  push(id: number): void {
    const { sender } = this.life
    this.life.pushed.push(id)
    sender.push(batchOf(id))
    sender.whenSettled(() => this.settled.add(id))
  }

  /** SIGKILL, and a new process after it. */
  crash(): void {
    Object.assign(this.before, this.counts)
    this.life.clock.kill()
    this.life.disk.kill()
    this.options.world.alive.delete(this.life.name)
    this.life = this.begin()
  }

  /** Ends as a program does that has no time left, and starts again. */
  exit(): void {
    this.life.sender.close()
    this.life.spool.writeNow()
    for (const id of this.life.pushed) this.kept.add(id)
    this.crash()
  }

  private begin(): Life {
    const { world, name, bytesMax, residentBytesMax } = this.options
    const { server, alive } = world
    const ownName = `${name}.${++this.lives}`
    alive.add(ownName)
    const clock = new MortalClock(server.clock)
    const disk = world.disk.mount(clock)
    const transports = [mortal(server.transport(), () => alive.has(ownName))]
    const shared: SpoolOptions = {
      disk,
      clock,
      random: server.random,
      owner: ownerOf(ownName, alive),
      folder: '/spool',
      bytesMax,
      sender: { key: 'lb_key_secret', transports },
      onTrouble: message => this.troubles.push(message),
    }
    const spool = new Spool(shared)
    const sender = new Sender({
      ...shared,
      ...shared.sender,
      spool: this.watched(spool.live),
      residentBytesMax,
      onRoom: () => {},
    })
    spool.start()
    return { name: ownName, clock, disk, spool, sender, pushed: [] }
  }

  private watched(spool: BatchSpool): BatchSpool {
    return {
      append: (batch, written) => {
        const id = this.life.pushed.at(-1) ?? 0
        spool.append(batch, () => {
          this.kept.add(id)
          written()
        })
      },
      settled: (before, us) => spool.settled(before, us),
      renumbered: (epoch, batches, written) => spool.renumbered(epoch, batches, written),
      read: (batch, done) => spool.read(batch, done),
    }
  }
}

interface Life {
  readonly name: string
  readonly clock: MortalClock
  readonly disk: MountedDisk
  readonly spool: Spool
  readonly sender: Sender
  readonly pushed: number[]
}

function ownerOf(ownName: string, alive: ReadonlySet<string>): SpoolOwner {
  return {
    nameOf: id => `${ownName}-${id}`,
    releasedNameOf: id => `free-${id}`,
    abandonedId(name) {
      const [, owner = '', id] = /^(.+)-(\d+)$/.exec(name) ?? []
      return id === undefined || alive.has(owner) ? null : BigInt(id)
    },
  }
}

/** What a dead process had sent still arrives, but it hears nothing more. */
function mortal(transport: Transport, isAlive: () => boolean): Transport {
  return {
    ...transport,
    connect: (hello, handler) =>
      transport.connect(hello, {
        received: message => {
          if (isAlive()) handler.received(message)
        },
        closed: end => {
          if (isAlive()) handler.closed(end)
        },
      }),
  }
}
