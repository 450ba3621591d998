/** A random history of a store: rows come, expire, are deleted; it stops, and is killed. */
import { seededRandom } from '#runtime/random.ts'
import { OTHER, PROJECT, Rig, type StoreWorld } from './store-rig.ts'

/** Lives it by a seed; every now and then random searches are asked of it and of the naive way. */
export async function liveAndCompare(world: StoreWorld, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const rig = await Rig.open(world, random)
  const batchRows = [5, 40, 300][seed % 3] as number
  for (let step = 0; step < 40; step++) {
    const projectId = random.below(4) === 0 ? OTHER : PROJECT
    switch (random.below(12)) {
      case 0:
        await rig.store.flush()
        break
      case 1:
        if (step > 25) await rig.expire(projectId, rig.randomReceivedUs())
        else if (step > 15) await rig.deleteRandom()
        break
      case 2:
        if (random.below(2) === 0) await rig.restart()
        else await rig.kill()
        break
      case 3:
        await world.sleep(random.below(2) === 0 ? 2_000 : 20_000)
        break
      case 4:
      case 5:
      case 6:
      case 7:
        await rig.append(projectId, 1 + random.below(batchRows))
        break
      default:
        await rig.compareRandom()
    }
  }
  await rig.compareRandom()
  await rig.close()
}
