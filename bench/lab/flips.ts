/** Flipped bits, cuts and zeroed sectors over every file of a stopped server's folder. */
import { type Damage, randomDamage } from '#actors/testing/damage.ts'
import { runDamaged } from '#actors/testing/damaged-run.ts'
import { makeSampleFolder } from '#actors/testing/sample-folder.ts'
import type { FaultOptions, FaultResult } from './fault-run.ts'

/** Damages per folder; every folder is another one. */
const DAMAGES_PER_FOLDER = 125
const TIDIED_EVERY = 8
const PROBLEMS_MAX = 10

export async function flips({ random, flips: count }: FaultOptions): Promise<FaultResult> {
  const problems: string[] = []
  const kinds = new Map<string, number>()
  let [told, losing] = [0, 0]
  for (let done = 0; done < count && problems.length < PROBLEMS_MAX; ) {
    const isClosed = random.below(2) === 0
    const sample = await makeSampleFolder(random.uint32(), isClosed)
    for (let at = 0; at < DAMAGES_PER_FOLDER && done < count; at++, done++) {
      const damage = randomDamage(sample, random)
      kinds.set(nameOf(damage), (kinds.get(nameOf(damage)) ?? 0) + 1)
      try {
        const options = { seed: random.uint32(), isTidied: at % TIDIED_EVERY === 0 }
        const facts = await runDamaged(sample, damage, options)
        if (facts.told) told++
        if (facts.lost > 0) losing++
      } catch (error) {
        problems.push((error as Error).message)
      }
    }
  }
  const facts = Object.fromEntries([...kinds].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { problems, facts: { ...facts, told, 'with losses': losing } }
}

/** Kind of damage and of file. */
function nameOf({ kind, path }: Damage): string {
  const file = /manifest/.test(path) ? 'manifest' : (/\.(\w+)$/.exec(path)?.[1] ?? path)
  return `${kind}/${file}`
}
