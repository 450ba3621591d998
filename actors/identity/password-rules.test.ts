import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordProblem } from './password-rules.ts'

const ADA = { email: 'ada.lovelace@example.org', name: 'Ada Lovelace' }

test('length is counted in characters', () => {
  assert.match(passwordProblem('hx7qpm2vk', ADA) ?? '', /at least 10/)
  assert.match(passwordProblem('🐘🦒🦓🦏🦛🐪🐫🦘🦬', ADA) ?? '', /at least 10/)
  assert.equal(passwordProblem('gruenelampe im keller', ADA), null)
  assert.match(passwordProblem('hx7qpm2vk'.repeat(30), ADA) ?? '', /at most 200/)
})

for (const password of [
  'password12',
  'Password123!',
  'P@ssw0rd2026',
  'passwordpassword',
  'tigertigertigertiger',
  'iloveyou1234',
  'Welcome2026!!',
  'AdminAdmin99',
  'letmeinplease',
  'dragonmaster77',
  'qwertyuiop',
  '1q2w3e4r5t6y'.slice(0, 12),
  '1234567890',
  '0987654321',
  'aaaaaaaaaaaa',
  'abcabcabcabc',
  'abcdefghij',
  'asdfghjkl123',
  '20260101202601',
  'lovelace2026',
  'AdaLovelace!1',
  'ExampleAda99',
  'logboy-admin-1',
]) {
  test(`everybody tries ${password}`, () => {
    assert.notEqual(passwordProblem(password, ADA), null)
  })
}

for (const password of [
  'orange piano river tiger',
  'correct mule cell tape',
  'kT9#vQz!w2Lp',
  'blauer Teppich 7',
  'mondstein-und-regen',
  'пароль-от-склада',
  '鳥が飛ぶ夜の静かな町角',
]) {
  test(`nobody tries ${password}`, () => assert.equal(passwordProblem(password, ADA), null))
}
