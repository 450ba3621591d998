import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpProblem } from '#actors/http/problem.ts'
import { seededRandom } from '#runtime/random.ts'
import { Passwords, SCRYPT_COST } from './password-hash.ts'

const CHEAP = { ln: 4, r: 8, p: 1 }
const passwords = (cost = CHEAP) => new Passwords(seededRandom(3), cost)

test('a stored password names its parameters, has a salt of its own, and takes itself alone', async () => {
  const desk = passwords()
  const [first, second] = [await desk.hash('gruene lampe'), await desk.hash('gruene lampe')]
  assert.match(first, /^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(first, second)
  assert.equal(await desk.verify('gruene lampe', first), true)
  assert.equal(await desk.verify('gruene Lampe', first), false)
  assert.equal(await desk.verify('', first), false)
  for (const broken of ['', 'gruene lampe', '$scrypt$ln=4,r=8,p=1$$']) {
    assert.equal(await desk.verify('gruene lampe', broken), false)
  }
})

test('the same word typed on another keyboard is the same password', async () => {
  const stored = await passwords().hash('cafe\u0301 im Hof')
  assert.equal(await passwords().verify('caf\u00e9 im Hof', stored), true)
})

test('a password under older parameters still opens, and is known to be outdated', async () => {
  const old = await passwords().hash('gruene lampe')
  const newer = passwords({ ln: 5, r: 8, p: 1 })
  assert.equal(await newer.verify('gruene lampe', old), true)
  assert.equal(newer.isOutdated(old), true)
  assert.equal(newer.isOutdated(await newer.hash('x')), false)
})

test('today\u2019s parameters cost what OWASP asks for', () => {
  const { ln, r, p } = SCRYPT_COST
  assert.ok(2 ** ln * r * p >= 2 ** 15 * 8 * 3)
})

test('so many wait and no more; those who wait are served', async () => {
  const desk = passwords({ ln: 10, r: 8, p: 1 })
  const asked = Array.from({ length: 60 }, () => desk.verify('x', null))
  const answers = await Promise.allSettled(asked)
  const refused = answers.filter(
    answer => answer.status === 'rejected' && answer.reason instanceof HttpProblem,
  )
  assert.equal(refused.length, 8)
  assert.equal(await desk.verify('x', null), false)
})
