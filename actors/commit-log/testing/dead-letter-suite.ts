/** What every keeper of dead letters must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DeadLetter,
  type DeadLetters,
  LETTER_BYTES_MAX,
} from '../dead-letters/dead-letters.ts'

const NOW_US = 1_790_000_000_000_000

export function letterOf(fields: Partial<DeadLetter> = {}): DeadLetter {
  return {
    projectId: 'project0aa',
    source: 'store',
    reason: 'mapper_parsing_exception: ä "b"',
    atUs: NOW_US,
    bytes: Uint8Array.from([0, 255, 10, 13]),
    ...fields,
  }
}

/** `run` gives a place of its own, whose keeper may be closed and opened again. */
export function deadLetterSuite(
  name: string,
  run: (body: (open: () => Promise<DeadLetters>) => Promise<void>) => Promise<unknown>,
): void {
  const check = (title: string, body: (open: () => Promise<DeadLetters>) => Promise<void>): void =>
    void test(`${name}: ${title}`, async () => {
      await run(body)
    })

  check('a letter is kept with its reason and its exact bytes, over a restart', async open => {
    let letters = await open()
    const letter = letterOf()
    const [id] = await letters.put([letter])
    assert.ok(id)
    assert.deepEqual(await letters.read(id), letter)
    await letters.close()
    letters = await open()
    assert.deepEqual(await letters.read(id), letter)
    const { bytes, ...rest } = letter
    assert.deepEqual(await letters.list({ limit: 10 }), [{ id, ...rest, length: bytes.length }])
    assert.equal(await letters.read('nothing'), null)
    await letters.close()
  })

  check('lists go by time, by project, and page by page', async open => {
    const letters = await open()
    for (const step of [3, 1, 2]) {
      await letters.put([
        letterOf({ atUs: NOW_US + step }),
        letterOf({ atUs: NOW_US + step, projectId: 'project0bb' }),
      ])
    }
    const of = async (query: Parameters<DeadLetters['list']>[0]) =>
      (await letters.list(query)).map(({ atUs }) => atUs - NOW_US)
    assert.deepEqual(await of({ limit: 10 }), [1, 1, 2, 2, 3, 3])
    const own = await letters.list({ projectId: 'project0bb', limit: 2 })
    assert.deepEqual(
      own.map(({ atUs, projectId }) => [atUs - NOW_US, projectId]),
      [
        [1, 'project0bb'],
        [2, 'project0bb'],
      ],
    )
    const after = own.at(-1)?.id ?? ''
    assert.deepEqual(await of({ projectId: 'project0bb', after, limit: 10 }), [3])
    await letters.close()
  })

  check('lists go backwards, and find by source and by a part of the reason', async open => {
    const letters = await open()
    const reasons = ['No level', 'bad time', 'no time']
    for (const [step, reason] of reasons.entries()) {
      const source = step === 1 ? 'sdk' : 'ingest'
      await letters.put([letterOf({ atUs: NOW_US + step, source, reason })], 'soon')
    }
    const of = async (query: Omit<Parameters<DeadLetters['list']>[0], 'limit'>) =>
      (await letters.list({ limit: 10, ...query })).map(({ reason }) => reason)
    assert.deepEqual(await of({ newestFirst: true }), ['no time', 'bad time', 'No level'])
    assert.deepEqual(await of({ source: 'ingest' }), ['No level', 'no time'])
    assert.deepEqual(await of({ reason: 'NO ' }), ['No level', 'no time'])
    const [newest] = await letters.list({ newestFirst: true, limit: 1 })
    const after = newest?.id ?? ''
    assert.deepEqual(await of({ newestFirst: true, after }), ['bad time', 'No level'])
    await letters.close()
  })

  check('what is deleted is gone, over a restart too', async open => {
    let letters = await open()
    const ids = await letters.put([1, 2, 3].map(step => letterOf({ atUs: NOW_US + step })))
    const [first = '', second = '', third = ''] = ids
    assert.equal(await letters.delete([first, third, 'nothing']), 2)
    assert.equal(await letters.delete([first]), 0)
    await letters.close()
    letters = await open()
    assert.deepEqual(
      (await letters.list({ limit: 10 })).map(({ id }) => id),
      [second],
    )
    assert.equal(await letters.read(first), null)
    await letters.close()
  })

  check('the largest fits; what is larger is cut', async open => {
    const letters = await open()
    const bytes = new Uint8Array(LETTER_BYTES_MAX + 1).fill(7)
    const [id = ''] = await letters.put([letterOf({ bytes, reason: 'r'.repeat(10_000) })])
    const kept = await letters.read(id)
    assert.equal(kept?.bytes.length, LETTER_BYTES_MAX)
    assert.equal(kept?.reason.length, 4_096)
    await letters.close()
  })
}
