import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatePath, nextPlace } from './next-place.ts'

const next = (place: string): string =>
  nextPlace(`?${new URLSearchParams({ next: place })}`).join('')

test('after signing in one comes back to the page that asked for it', () => {
  assert.equal(next('/project/keys?project=abc'), '/project/keys?project=abc')
  assert.equal(nextPlace('').join(''), '/explore')
})

test('no link leads elsewhere, or back to the gate', () => {
  for (const place of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    'explore',
    '/sign-in?next=/sign-in',
    '/reset?token=x',
  ])
    assert.equal(next(place), '/explore', place)
})

test('pages of the gate hand on where to go and who was invited', () => {
  const from = { path: '/sign-in', search: '?next=%2Faccount&invitation=i&with=token' }
  assert.equal(gatePath('/sign-up', from), '/sign-up?next=%2Faccount&invitation=i')
  const inside = { path: '/account', search: '' }
  assert.equal(gatePath('/forgotten', inside), '/forgotten?next=%2Faccount')
  assert.equal(gatePath('/forgotten', { path: '/', search: '' }), '/forgotten')
})
