/**
 * A process to be killed: opens the journal in the folder it is given, appends without end and
 * writes a line for everything that was acknowledged.
 *
 *   node journal-child.ts FOLDER SENDERS
 */
import type { Arena } from '../arena.ts'
import type { CommitLog } from '../commit-log.ts'
import { inlineTasks, newArena, openRealJournal } from './journals.ts'
import { append } from './log-driver.ts'

const [folder, senders] = process.argv.slice(2)
if (folder === undefined) throw new Error('journal-child needs a folder')

const arena = newArena()
const log = await openRealJournal(arena, inlineTasks(), { folder, fileBytes: 200_000 })
for (let producer = 1; producer <= Number(senders); producer++) void send(log, arena, producer)

/** Five batches on their way at a time, the next five when they are acknowledged. */
async function send(to: CommitLog, from: Arena, producer: number): Promise<void> {
  const state = to.producer('project0aa', BigInt(producer))
  const known = state === 'not-kept' ? undefined : state
  process.stdout.write(`known ${producer} ${known?.lastSequence ?? 0}\n`)
  for (let next = (known?.lastSequence ?? 0) + 1; ; next += 5) {
    const window = [0, 1, 2, 3, 4].map(async offset => {
      const sequence = next + offset
      const bytes = 100 + ((sequence * 7_919) % 3_000)
      const ids = { producer: BigInt(producer), sequence: BigInt(sequence), bytes }
      const outcome = await append(to, from, ids)
      if (outcome.type !== 'durable') throw new Error(outcome.type)
      process.stdout.write(`acknowledged ${producer} ${sequence}\n`)
    })
    await Promise.all(window)
  }
}
