/** Every real server, gateway and processor dies in turn, or hangs, while logs flow. */
import type { Random } from '#runtime/random.ts'
import type { Member } from '../cluster.ts'
import { type FaultResult, tell } from '../fault-run.ts'
import { pause } from '../pause.ts'
import type { Services } from '../services.ts'
import { type ScaledLoad, underLoad } from './load.ts'
import type { ScaledOptions } from './run.ts'

const VICTIMS = [
  'kafka',
  'elasticsearch',
  'postgres',
  'redis',
  'gateway-1',
  'gateway-2',
  'processor-1',
  'processor-2',
] as const
type Victim = (typeof VICTIMS)[number]

/** Logs flow so long before each blow. */
const FLOW_MS = 3_000
const DOWN_MS = 500
const HANG_MS = 30_000

/** `rounds` times, each in an order of its own. */
export function kills(options: ScaledOptions): Promise<FaultResult> {
  const { services, random, rounds } = options
  const victims = victimsOf(options)
  return strikes(services, async strike => {
    for (let round = 1; round <= rounds; round++) {
      for (const victim of shuffled(victims, random)) await strike(victim, kill)
      tell(`round ${round} of ${rounds} is over`)
    }
  })
}

/** Each is stopped for half a minute, once. */
export function hangs(options: ScaledOptions): Promise<FaultResult> {
  const victims = victimsOf(options)
  return strikes(options.services, async strike => {
    for (const victim of shuffled(victims, options.random)) await strike(victim, hang)
  })
}

function victimsOf({ victims }: ScaledOptions): readonly Victim[] {
  const unknown = victims?.find(name => !VICTIMS.some(victim => victim === name))
  if (unknown !== undefined) {
    throw new Error(`there is no victim '${unknown}': ${VICTIMS.join(', ')}`)
  }
  return VICTIMS.filter(victim => victims?.includes(victim) ?? true)
}

interface Scene {
  readonly load: ScaledLoad
  readonly services: Services
}

type Blow = (victim: Victim, scene: Scene) => Promise<void>

function strikes(
  services: Services,
  fight: (strike: (victim: Victim, blow: Blow) => Promise<void>) => Promise<void>,
): Promise<FaultResult> {
  const longestMs = new Map<Victim, number>()
  return underLoad(services.environment(), async load => {
    await fight(async (victim, blow) => {
      await pause(FLOW_MS)
      const begunMs = performance.now()
      await blow(victim, { load, services })
      await load.flows(`after ${victim}`)
      const tookMs = performance.now() - begunMs
      longestMs.set(victim, Math.max(tookMs, longestMs.get(victim) ?? 0))
      tell(`${victim}: flows again after ${Math.round(tookMs)} ms`)
    })
    return Object.fromEntries(
      [...longestMs].map(([victim, ms]) => [`${victim} ms`, Math.round(ms)]),
    )
  })
}

async function kill(victim: Victim, { load, services }: Scene): Promise<void> {
  if (isMember(victim)) {
    const member = load.cluster.member(victim)
    await member.kill()
    await pause(DOWN_MS)
    await member.start()
    return
  }
  await services.kill(victim)
  await pause(DOWN_MS)
  // What depended on it may have died with it.
  services.up()
}

async function hang(victim: Victim, { load, services }: Scene): Promise<void> {
  if (isMember(victim)) load.cluster.member(victim).signal('SIGSTOP')
  else services.pause(victim)
  await pause(HANG_MS)
  if (isMember(victim)) load.cluster.member(victim).signal('SIGCONT')
  else services.resume(victim)
}

function isMember(victim: Victim): victim is Victim & Member {
  return victim.startsWith('gateway') || victim.startsWith('processor')
}

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map(item => ({ item, at: random.uint32() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
