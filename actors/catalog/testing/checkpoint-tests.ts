/** What checkpoints must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHECKPOINT_STATE_BYTES_MAX, type Checkpoints } from '../checkpoints.ts'

const GROUP = 'logboy-windows'

export function checkpointTests(checkpoints: () => Checkpoints): void {
  const claim = async (topic: string, owner: string) => {
    const [claimed] = await checkpoints().claim(GROUP, topic, [0], owner)
    assert.ok(claimed)
    return claimed
  }
  const save = (topic: string, fence: number, position: number, state = `at ${position}`) =>
    checkpoints().save({
      group: GROUP,
      topic,
      partition: 0,
      fence,
      position,
      state: Buffer.from(state),
    })

  test('partitions are claimed together, in order, empty at first', async () => {
    const claimed = await checkpoints().claim(GROUP, 'topic-1', [7, 0, 3], 'a')
    const empty = { fence: 1, position: null, state: null }
    assert.deepEqual(claimed, [
      { partition: 0, ...empty },
      { partition: 3, ...empty },
      { partition: 7, ...empty },
    ])
    assert.deepEqual(await checkpoints().claim(GROUP, 'topic-1', [], 'a'), [])
  })

  test('what was saved is there for the next owner, position and state together', async () => {
    const first = await claim('topic-2', 'a')
    assert.equal(await save('topic-2', first.fence, 100), true)
    assert.equal(await save('topic-2', first.fence, 200), true)
    const second = await claim('topic-2', 'b')
    assert.equal(second.position, 200)
    assert.equal(Buffer.from(second.state ?? []).toString(), 'at 200')
    assert.deepEqual([...(await checkpoints().positions(GROUP, 'topic-2'))], [[0, 200]])
  })

  test('a zombie that wakes up after its partition moved is refused', async () => {
    const zombie = await claim('topic-3', 'a')
    await save('topic-3', zombie.fence, 5)
    const owner = await claim('topic-3', 'b')
    assert.ok(owner.fence > zombie.fence)
    assert.equal(await save('topic-3', zombie.fence, 6), false)
    assert.equal(await save('topic-3', owner.fence, 6), true)
    assert.equal(await save('topic-3', zombie.fence, 7), false)
    assert.equal((await checkpoints().positions(GROUP, 'topic-3')).get(0), 6)
  })

  test('an owner that asks again keeps its fence', async () => {
    const first = await claim('topic-4', 'a')
    assert.equal((await claim('topic-4', 'a')).fence, first.fence)
  })

  test('a save that arrives late changes nothing; a repeated one succeeds', async () => {
    const { fence } = await claim('topic-5', 'a')
    await save('topic-5', fence, 10)
    assert.equal(await save('topic-5', fence, 10), true)
    assert.equal(await save('topic-5', fence, 9), false)
    assert.equal((await claim('topic-5', 'b')).position, 10)
  })

  test('the first save after a claim may go back: a topic was made anew', async () => {
    const first = await claim('topic-6', 'a')
    await save('topic-6', first.fence, 1_000)
    const second = await claim('topic-6', 'b')
    assert.equal(await save('topic-6', second.fence, 0), true)
    assert.equal((await claim('topic-6', 'c')).position, 0)
  })

  test('nobody saves without a claim; groups and topics do not touch each other', async () => {
    assert.equal(await save('topic-7', 1, 1), false)
    const { fence } = await claim('topic-7', 'a')
    await checkpoints().claim('another-group', 'topic-7', [0], 'b')
    assert.equal(await save('topic-7', fence, 1), true)
    assert.equal((await checkpoints().positions('another-group', 'topic-7')).size, 0)
  })

  test('a state of some MB, of any bytes and beyond 2^31 entries, comes back as it was', async () => {
    const { fence } = await claim('topic-8', 'a')
    const state = Buffer.alloc(
      5 * 1024 * 1024,
      Uint8Array.from({ length: 256 }, (_, at) => at),
    )
    const position = 2 ** 40
    const checkpoint = { group: GROUP, topic: 'topic-8', partition: 0, fence, position, state }
    assert.equal(await checkpoints().save(checkpoint), true)
    const claimed = await claim('topic-8', 'b')
    assert.equal(claimed.position, position)
    assert.ok(state.equals(claimed.state ?? Buffer.alloc(0)))
  })

  test('a state beyond the limit is refused with the limit', async () => {
    const state = new Uint8Array(CHECKPOINT_STATE_BYTES_MAX + 1)
    const checkpoint = { group: GROUP, topic: 't', partition: 0, fence: 1, position: 1, state }
    await assert.rejects(checkpoints().save(checkpoint), /at most 67108864/)
  })
}
