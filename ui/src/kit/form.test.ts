import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api/client.ts'
import { needed, placeProblem } from './form.ts'

const place = (error: Error): Readonly<Record<string, string>> =>
  placeProblem(error, ['name', 'time_zone'], { LOGBOY_NAME_TAKEN: 'name' })

test('what the server says of a field stands at the field', () => {
  const words = (detail: string): ApiError => new ApiError(detail, 'LOGBOY_BAD_REQUEST', 400)
  assert.deepEqual(place(words('time_zone: unknown time zone Mars/Olympus')), {
    time_zone: 'unknown time zone Mars/Olympus',
  })
  assert.deepEqual(place(words('colour: no such member')), { '': 'colour: no such member' })
})

test('a code may say which field it is, and everything else is about the form', () => {
  const taken = new ApiError('there is one already', 'LOGBOY_NAME_TAKEN', 409)
  assert.deepEqual(place(taken), { name: 'there is one already' })
  assert.deepEqual(place(new Error('name: no')), { '': 'name: no' })
})

test('what is needed is missing when it is blank', () => {
  assert.equal(needed(' \t', 'a name, please'), 'a name, please')
  assert.equal(needed(' x ', 'a name, please'), null)
})
