import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../testing/envelopes.ts'
import { newArena } from '../testing/journals.ts'
import { entryInLetter, letterOfEntry } from './entry-letter.ts'

test('a batch in a letter comes out as it went in, with what was wrong with which records', () => {
  const batch = newArena().allocate(300)
  assert.ok(batch)
  batch.view.fill(7)
  const envelope = envelopeOf({ projectId: 'project0aa', sequence: 9n, recordCount: 5 })
  const facts = { source: 'store', reason: 'mapper says no', atUs: 5 } as const
  const letter = letterOfEntry({ envelope, batch }, [1, 4], facts)
  assert.equal(letter.projectId, 'project0aa')
  assert.equal(letter.reason, 'records 1, 4: mapper says no')
  const found = entryInLetter(letter)
  assert.equal(found.envelope.sequence, 9n)
  assert.deepEqual(found.envelope.rejected, [0, 2, 3])
  assert.deepEqual(Buffer.from(found.batch), Buffer.alloc(300, 7))
  assert.equal(letterOfEntry({ envelope, batch }, null, facts).reason, 'mapper says no')
  const many = Array.from({ length: 150 }, (_, row) => row)
  assert.match(letterOfEntry({ envelope, batch }, many, facts).reason, / 99 and 50 more: /)
})
