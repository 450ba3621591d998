import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { type LockFiles, takeLock } from './take-lock.ts'

const PATH = 'lock'

/** Those who try to take one lock, each of whose steps the test lets happen when it likes. */
class Race {
  readonly files = new Map<string, string>()
  readonly starters: Starter[] = []
  readonly dead = new Set<string>(['stale'])

  constructor(names: readonly string[], stale: boolean) {
    if (stale) this.files.set(PATH, 'stale')
    for (const name of names) this.starters.push(new Starter(this, name))
  }

  get holders(): readonly string[] {
    return this.starters.filter(({ state }) => state === 'holds').map(({ name }) => name)
  }

  get running(): readonly Starter[] {
    return this.starters.filter(({ state }) => state === 'runs')
  }
}

class Starter {
  readonly name: string
  readonly #race: Race
  state: 'runs' | 'holds' | 'refused' | 'dead' = 'runs'
  #proceed: (() => void) | null = null
  #arrived: () => void = () => undefined

  constructor(race: Race, name: string) {
    this.#race = race
    this.name = name
    const isHeld = (text: string): boolean => !race.dead.has(text)
    const taken = takeLock({ files: this.#files(), path: PATH, text: name, isHeld })
    void taken.then(holder => {
      this.state = holder === null ? 'holds' : 'refused'
      this.#arrived()
    })
  }

  /** Does the step that it waits for, and goes on to the next. */
  async step(): Promise<void> {
    const arrived = new Promise<void>(resolve => {
      this.#arrived = resolve
    })
    this.#proceed?.()
    await arrived
  }

  die(): void {
    this.state = 'dead'
    this.#race.dead.add(this.name)
  }

  release(): void {
    if (this.#race.files.get(PATH) === this.name) this.#race.files.delete(PATH)
    this.die()
  }

  #files(): LockFiles {
    const { files } = this.#race
    const step = async <Value>(run: () => Value): Promise<Value> => {
      this.#arrived()
      await new Promise<void>(resolve => {
        this.#proceed = resolve
      })
      return run()
    }
    return {
      create: (path, text) => step(() => !files.has(path) && files.set(path, text) === files),
      read: path => step(() => files.get(path) ?? null),
      replace: (path, text) => step(() => void files.set(path, text)),
      remove: path => step(() => void files.delete(path)),
    }
  }
}

test('of two who find a stale lock exactly one gets it, however their steps interleave', async () => {
  const orders = [[]] as number[][]
  let ended = 0
  for (let order = orders.pop(); order !== undefined; order = orders.pop()) {
    const race = new Race(['a', 'b'], true)
    for (const index of order) await race.starters[index]?.step()
    if (race.running.length > 0) {
      for (const starter of race.running) orders.push([...order, race.starters.indexOf(starter)])
      continue
    }
    ended++
    assert.equal(race.holders.length, 1, `in the order ${order.join('')}`)
    assert.deepEqual([...race.files], [[PATH, race.holders[0]]], 'and no claim stays')
  }
  assert.ok(ended > 100, `${ended} orders`)
})

test('whoever dies or gives back at any step, never two hold it, and in the end somebody can', async () => {
  let deaths = 0
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = seededRandom(seed)
    const race = new Race(['a', 'b', 'c', 'd'], random.below(3) > 0)
    while (race.running.length > 0) {
      const starter = race.running[random.below(race.running.length)] as Starter
      const [holder] = race.starters.filter(({ state }) => state === 'holds')
      const dice = random.below(30)
      if (dice === 0) starter.die()
      else if (dice === 1) holder?.die()
      else if (dice === 2) holder?.release()
      else await starter.step()
      if (dice < 2) deaths++
      assert.ok(race.holders.length <= 1, `seed ${seed}: ${race.holders.join(' and ')}`)
    }
    for (const name of ['a', 'b', 'c', 'd']) race.dead.add(name)
    const last = new Starter(race, 'last')
    race.starters.push(last)
    while (last.state === 'runs') await last.step()
    assert.equal(last.state, 'holds', `seed ${seed}`)
    assert.equal(race.files.get(PATH), 'last')
  }
  assert.ok(deaths > 500)
})
