/** Every process ends in order and starts again, one after the other: nobody notices. */
import { MEMBERS, type Member } from '../cluster.ts'
import { type FaultResult, tell } from '../fault-run.ts'
import { pause } from '../pause.ts'
import { underLoad } from './load.ts'
import type { ScaledOptions } from './run.ts'

const FLOW_MS = 3_000
const WAIT_MS_MAX = 10_000

export function rollingRestart({ services, rounds }: ScaledOptions): Promise<FaultResult> {
  return underLoad(services.environment(), async load => {
    for (let round = 1; round <= rounds; round++) {
      for (const name of Object.keys(MEMBERS) as Member[]) {
        await pause(FLOW_MS)
        const member = load.cluster.member(name)
        const begunMs = performance.now()
        await member.stop()
        await member.start()
        await load.flows(`after ${name} was restarted`)
        const tookMs = Math.round(performance.now() - begunMs)
        tell(`${name} was restarted in ${tookMs} ms; nobody waited over ${wait(load)} ms`)
      }
    }
    await load.found('after a rolling restart')
    if (load.longestWaitMs > WAIT_MS_MAX) {
      load.problems.push(`a record waited ${wait(load)} ms for its acknowledgement`)
    }
    return { 'longest wait ms': wait(load) }
  })
}

function wait({ longestWaitMs }: { readonly longestWaitMs: number }): number {
  return Math.round(longestWaitMs)
}
