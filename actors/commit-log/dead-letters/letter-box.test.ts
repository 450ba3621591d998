import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { MemoryDeadLetters } from '../testing/memory-dead-letters.ts'
import { LetterBox, type LetterBoxOptions } from './letter-box.ts'

const letter = (reason: string, projectId = 'project0aa', length = 4) =>
  ({ projectId, source: 'ingest', reason, bytes: new Uint8Array(length) }) as const

function start(limits: Partial<LetterBoxOptions> = {}) {
  const clock = new VirtualClock()
  const letters = new MemoryDeadLetters()
  const faults: string[] = []
  const onFault = (error: Error): void => void faults.push(error.message)
  const box = new LetterBox({ letters, clock, onFault, ...limits })
  const reasons = async () => (await letters.list({ limit: 99 })).map(({ reason }) => reason)
  return { clock, letters, faults, box, reasons }
}

test('letters are written a moment later, together', async () => {
  const { box, clock, letters, reasons } = start()
  box.drop(letter('one'))
  box.drop(letter('two'))
  assert.deepEqual(await reasons(), [])
  clock.advance(200)
  await box.flush()
  assert.deepEqual(await reasons(), ['one', 'two'])
  assert.deepEqual(letters.puts, [{ letters: 2, when: 'soon' }])
})

test('a project has its share, over restarts; what is beyond it is counted, others go on', async () => {
  const { box, letters, reasons, clock } = start({ projectLettersMax: 2 })
  for (const reason of ['one', 'two', 'three']) box.drop(letter(reason))
  box.drop(letter('of another', 'project0bb'))
  await box.flush()
  assert.deepEqual(await reasons(), ['one', 'two', 'of another'])
  assert.equal(box.observe()['notKept'], 1)
  const again = new LetterBox({ letters, clock, onFault: assert.fail, projectLettersMax: 2 })
  again.drop(letter('four'))
  await again.flush()
  assert.equal(again.observe()['notKept'], 1)
  await letters.delete((await letters.list({ limit: 1 })).map(({ id }) => id))
  again.countAgain()
  again.drop(letter('five'))
  await again.flush()
  assert.deepEqual(await reasons(), ['two', 'of another', 'five'])
})

test('the bytes of a project are bounded, and what waits is', async () => {
  const { box, reasons } = start({ projectBytesMax: 10 })
  box.drop(letter('large', 'project0aa', 11))
  box.drop(letter('small', 'project0aa', 10))
  await box.flush()
  assert.deepEqual(await reasons(), ['small'])
  for (let n = 0; n < 9; n++) box.drop(letter('huge', 'project0bb', 600_000))
  assert.ok((box.observe()['waiting'] as number) < 8)
  await box.close()
})

test('a keeper that fails costs its letters, which are counted, and nothing else', async () => {
  const { box, letters, faults, reasons } = start()
  letters.failure = new Error('disk full')
  box.drop(letter('lost'))
  await box.flush()
  assert.deepEqual([faults, box.observe()['notKept']], [['disk full'], 1])
  letters.failure = null
  box.drop(letter('kept'))
  await box.flush()
  assert.deepEqual(await reasons(), ['kept'])
})

test('what a letter was made of may change afterwards', async () => {
  const { box, letters } = start()
  const given = letter('one')
  box.drop(given)
  given.bytes.fill(9)
  await box.flush()
  const [note] = await letters.list({ limit: 1 })
  assert.deepEqual((await letters.read(note?.id ?? ''))?.bytes, new Uint8Array(4))
})
