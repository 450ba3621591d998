/**
 * A processor sleeps until others have its partitions, and wakes up in the middle of what it did:
 * what it still writes is refused or a repeat.
 */
import { type FaultResult, tell } from '../fault-run.ts'
import { pause } from '../pause.ts'
import { shuffled } from './kills.ts'
import { underLoad } from './load.ts'
import type { ScaledOptions } from './run.ts'

const PROCESSORS = ['processor-1', 'processor-2'] as const
const FLOW_MS = 3_000
/** Beyond the ten seconds after which Kafka gives a member of a group up. */
const SLEEP_MS = 20_000

export function zombies({ services, random, rounds }: ScaledOptions): Promise<FaultResult> {
  return underLoad(services.environment(), async load => {
    let [slowestMs, naps] = [0, 0]
    for (let round = 1; round <= rounds; round++) {
      for (const name of shuffled(PROCESSORS, random)) {
        await pause(FLOW_MS)
        const processor = load.cluster.member(name)
        processor.signal('SIGSTOP')
        await pause(SLEEP_MS)
        // All of it is found while one sleeps: its partitions have moved.
        const foundMs = await load.found(`while ${name} sleeps`)
        processor.signal('SIGCONT')
        await load.flows(`after ${name} woke up`)
        slowestMs = Math.max(slowestMs, await load.found(`after ${name} woke up`))
        naps++
        tell(`${name} slept: all was found without it after ${Math.round(SLEEP_MS + foundMs)} ms`)
      }
    }
    return { naps, 'all found again ms': Math.round(slowestMs) }
  })
}
