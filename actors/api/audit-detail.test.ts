import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditDetail } from './audit-detail.ts'

test('what lets somebody in is left out, whatever it is called', () => {
  const body = {
    email: 'ada@example.org',
    password: 'gruene lampe',
    invitation: 'lbi_secret',
    current: 'old',
    next: 'new',
    token: 'lbt_secret',
  }
  assert.deepEqual(auditDetail(body, undefined, {}), { email: 'ada@example.org' })
})

test('the id of an invitation in a path is no secret', () => {
  const parts = { id: 'project', invitation: 'abc' }
  assert.deepEqual(auditDetail(undefined, undefined, parts), { invitation: 'abc' })
})
