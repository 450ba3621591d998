/** Texts that people and their programs show: access tokens, signed texts, tokens of their own. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { ACCESS_TOKEN_S, AccessTokens, isAccessToken } from './access-token.ts'
import { isApiToken, mintApiToken, parseApiToken } from './api-token.ts'
import { KeptAnswers } from './kept-answers.ts'
import { matchesSecret, mintKey } from './project-key.ts'
import { SignedTexts } from './signed-text.ts'

const random = seededRandom(5)
const CLAIMS = { accountId: 'accountada01', signInId: 'signin' }

test('an access token is a JWT that anybody with the key can check', () => {
  const clock = new VirtualClock()
  const key = random.bytes(32)
  const token = new AccessTokens(new SignedTexts([key]), clock).issue(CLAIMS)
  const [header = '', payload = '', signature] = token.split('.')
  const read = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString())
  assert.deepEqual(read(header), { alg: 'HS256', typ: 'JWT' })
  const iat = clock.nowUs() / 1_000_000
  assert.deepEqual(read(payload), {
    iss: 'logboy',
    sub: CLAIMS.accountId,
    sid: CLAIMS.signInId,
    iat,
    exp: iat + 900,
  })
  const right = createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url')
  assert.equal(signature, right)
})

test('an access token is good for a quarter of an hour, under each of the keys', () => {
  const clock = new VirtualClock()
  const [old, now] = [random.bytes(32), random.bytes(32)]
  const token = new AccessTokens(new SignedTexts([old]), clock).issue(CLAIMS)
  const tokens = new AccessTokens(new SignedTexts([now, old]), clock)
  assert.deepEqual(tokens.verify(token), { type: 'good', claims: CLAIMS })
  const others = new AccessTokens(new SignedTexts([now]), clock)
  assert.deepEqual(others.verify(token), { type: 'bad' })
  clock.advance(ACCESS_TOKEN_S * 1_000)
  assert.deepEqual(tokens.verify(token), { type: 'expired' })
})

test('a text that is signed for something else is no access token', () => {
  const texts = new SignedTexts([random.bytes(32)])
  const tokens = new AccessTokens(texts, new VirtualClock())
  for (const words of [['lbr', 'a', '1'], ['x'], [], ['', ''], ['e30', 'e30']]) {
    assert.deepEqual(tokens.verify(texts.sign(words)), { type: 'bad' })
  }
})

test('no change of a signed text goes unnoticed, and no text breaks the reader', () => {
  const texts = new SignedTexts([random.bytes(32)])
  const signed = texts.sign(['lbr', 'family', '7'])
  assert.deepEqual(texts.read(signed), ['lbr', 'family', '7'])
  assert.equal(texts.sign(['lbr', 'family', '7']), signed)
  fc.assert(
    fc.property(fc.nat(signed.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
      const changed = signed.slice(0, at) + put + signed.slice(at + 1)
      fc.pre(changed !== signed)
      assert.equal(texts.read(changed), null)
    }),
  )
  fc.assert(fc.property(fc.string(), text => assert.equal(texts.read(text), null)))
})

test('keys, access tokens and people\u2019s tokens are never taken for one another', () => {
  const own = mintApiToken(random)
  const key = mintKey(random).text
  const access = new AccessTokens(new SignedTexts([random.bytes(32)]), new VirtualClock())
  assert.match(own.text, /^lbt_[a-z0-9]{12}_[\w-]{43}$/)
  assert.equal(parseApiToken(own.text)?.id, own.id)
  assert.equal(matchesSecret(parseApiToken(own.text)?.secret ?? '', own.secretSha256), true)
  assert.deepEqual([own.text, key, access.issue(CLAIMS)].map(isApiToken), [true, false, false])
  assert.deepEqual([own.text, key, access.issue(CLAIMS)].map(isAccessToken), [false, false, true])
  for (const text of [`${own.text}x`, own.text.slice(1), own.text.toUpperCase(), 'lbt_']) {
    assert.equal(parseApiToken(text), null)
  }
})

test('an answer of the catalog is kept for five minutes, and not beyond a change', async () => {
  const clock = new VirtualClock()
  const kept = new KeptAnswers<number>(clock)
  let asked = 0
  const read = async () => ++asked
  assert.deepEqual([await kept.get('a', read), await kept.get('a', read)], [1, 1])
  kept.forget()
  assert.equal(await kept.get('a', read), 2)
  clock.advance(5 * 60_000)
  assert.equal(await kept.get('a', read), 3)
  assert.equal(await kept.get('b', async () => null), null)
  assert.equal(await kept.get('b', read), 4)
})

test('an answer that was under way while the catalog changed is asked for again', async () => {
  const kept = new KeptAnswers<string>(new VirtualClock())
  const answers = ['before', 'after']
  const read = async () => {
    const answer = answers.shift() ?? 'too often'
    if (answer === 'before') kept.forget()
    return answer
  }
  assert.equal(await kept.get('a', read), 'after')
})
