/** What index placements must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Placements } from '../placements.ts'

const shared = (index: string) => ({ index, shards: 2, shared: true })

export function placementTests(placements: () => Placements): void {
  test('writers that place one period at once get the same answer, for ever', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        placements().place('placement1', '2026-11-28', shared(`index-${at}`)),
      ),
    )
    const [first] = answers
    assert.ok(first)
    for (const answer of answers) assert.deepEqual(answer, first)
    const own = { index: 'own', shards: 5, shared: false }
    assert.deepEqual(await placements().place('placement1', '2026-11-28', own), first)
    assert.deepEqual(await placements().place('placement1', '2026-11-29', own), own)
  })

  test('they are listed by period, of one project or of all, until the index is gone', async () => {
    await placements().place('placement2', '2026-12-02', shared('december'))
    await placements().place('placement2', '2026-11-02', shared('november'))
    await placements().place('placement3', '2026-12-02', shared('december'))
    const projectId = 'placement2'
    const november = { projectId, period: '2026-11-02', ...shared('november') }
    const december = { projectId, period: '2026-12-02', ...shared('december') }
    assert.deepEqual(await placements().list('placement2'), [november, december])
    assert.ok((await placements().list()).some(placed => placed.projectId === 'placement3'))
    const inDecember = await placements().inIndex('december')
    assert.deepEqual(
      inDecember.map(placed => placed.projectId),
      ['placement2', 'placement3'],
    )
    const shards = await placements().shards()
    await placements().place('placement4', '2026-12-02', shared('december'))
    assert.equal(await placements().shards(), shards, 'an index counts once')
    await placements().forget('december')
    assert.equal(await placements().shards(), shards - 2)
    assert.deepEqual(await placements().list('placement2'), [november])
    assert.deepEqual(await placements().list('placement3'), [])
  })
}
