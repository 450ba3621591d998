import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startTestServer } from '#actors/http/testing/drivers.ts'
import { systemRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { ingestRoutes } from './ingest-http.ts'
import { SeenSignatures } from './seen-signatures.ts'
import { ingestWorld, testBatch } from './testing/ingest-world.ts'

const PAGE = readFileSync(new URL('../../docs/signed-ingest.md', import.meta.url), 'utf8')
const KEY_ID = 'signingkey01'
const SECRET = 'lbs_secret'

type SignedHeaders = (
  keyId: string,
  secret: string,
  body: string | Uint8Array,
  seconds: number,
) => Record<string, string>

/** The very example that users copy. */
async function exampleOfPage(): Promise<SignedHeaders> {
  const [, code = ''] = /```js\n(.*?)```/s.exec(PAGE) ?? []
  const { signedHeaders } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    signedHeaders: SignedHeaders
  }
  return signedHeaders
}

test('the page\u2019s example gives the signature that the page tells', async () => {
  const sign = await exampleOfPage()
  const headers = sign('id', 'lbs_example', '{"message":"hello"}', 1_795_824_000)
  const [told] = /v1=[0-9a-f]{64}/.exec(PAGE) ?? []
  assert.equal(headers['logboy-signature'], told)
})

test('a request that is signed as the page says is stored, packed or not, and a batch', async t => {
  const { post, sign, log } = await start(t)
  assert.equal((await post('{"message":"one"}')).status, 200)
  const packed = gzipSync('{"message":"two"}')
  assert.equal((await post(packed, { 'content-encoding': 'gzip' })).status, 200)
  const batch = testBatch(3)
  const numbers = { 'logboy-producer': '7', 'logboy-epoch': '0', 'logboy-schema': '1' }
  const turn = { 'logboy-sequence': '1', 'logboy-first-unacked': '1' }
  const reply = await post(batch, { ...sign(batch), ...numbers, ...turn }, '/ingest/batch')
  assert.equal(reply.status, 200)
  assert.equal(log.stored.length, 3)
  assert.ok(log.stored.every(({ envelope }) => envelope.keyId === KEY_ID))
})

test('whatever is changed about a signed request, nothing is stored', async t => {
  const { post, sign, log, keys } = await start(t)
  const body = '{"message":"mine"}'
  const signed = sign(body)
  keys.add('signingkey02', { projectId: 'project0bb' })
  keys.secrets.set('signingkey02', 'lbs_of another')
  const later = String(Number(signed['logboy-timestamp']) + 1)
  const signature = signed['logboy-signature'] ?? ''
  const flipped = signature.replace(/.$/, last => (last === '0' ? '1' : '0'))
  const changed = [
    ['{"message":"yours"}', {}, 'LOGBOY_SIGNATURE_INVALID'],
    [body, { 'logboy-timestamp': later }, 'LOGBOY_SIGNATURE_INVALID'],
    [body, { 'logboy-key-id': 'signingkey02' }, 'LOGBOY_SIGNATURE_INVALID'],
    [body, { 'logboy-signature': flipped }, 'LOGBOY_SIGNATURE_INVALID'],
    [body, { 'logboy-signature': signature.slice(0, -2) }, 'LOGBOY_BAD_HEADER'],
    [body, { 'logboy-signature': `v2${signature.slice(2)}` }, 'LOGBOY_BAD_HEADER'],
    [body, { 'logboy-timestamp': '' }, 'LOGBOY_BAD_HEADER'],
    [body, { 'logboy-timestamp': `0${'9'.repeat(12)}` }, 'LOGBOY_BAD_HEADER'],
    [body, { 'logboy-key-id': '' }, 'LOGBOY_BAD_HEADER'],
    [body, { 'logboy-key-id': 'signingkey99' }, 'LOGBOY_KEY_UNKNOWN'],
  ] as const
  for (const [text, headers, code] of changed) {
    const reply = await post(text, { ...signed, ...headers })
    assert.equal(reply.code, code, JSON.stringify(headers))
  }
  keys.verdicts.set(KEY_ID, { type: 'revoked' })
  assert.equal((await post(body)).code, 'LOGBOY_KEY_REVOKED')
  assert.equal(log.stored.length, 0)
})

test('a key that is sent cannot sign, and one that signs cannot be sent', async t => {
  const { post, keys } = await start(t)
  keys.add('bearer000001')
  assert.equal((await post('{}', { 'logboy-key-id': 'bearer000001' })).code, 'LOGBOY_KEY_UNKNOWN')
})

test('a clock that is off is told the server\u2019s time', async t => {
  const { post, sign, clock } = await start(t)
  const nowS = Math.floor(clock.nowUs() / 1_000_000)
  for (const offS of [-301, 301]) {
    const reply = await post('{}', sign('{}', nowS + offS))
    assert.deepEqual([reply.status, reply.code], [401, 'LOGBOY_SIGNATURE_EXPIRED'])
    assert.match(reply.detail, new RegExp(`301 s (ahead of|behind) the server.*\\(${nowS}\\)`))
  }
  assert.equal((await post('{}', sign('{}', nowS + 300))).status, 200)
})

test('a replay is refused as long as it could be good, on every gateway that shares memory', async t => {
  const { post, sign, clock, log } = await start(t)
  const signed = sign('{"message":"once"}')
  const again = () => post('{"message":"once"}', signed)
  const both = await Promise.all([again(), again()])
  assert.deepEqual(
    both.map(({ status }) => status).sort((a, b) => a - b),
    [200, 409],
  )
  clock.advance(299_000)
  assert.equal((await again()).code, 'LOGBOY_SIGNATURE_USED')
  clock.advance(2_000)
  assert.equal((await again()).code, 'LOGBOY_SIGNATURE_EXPIRED')
  assert.equal(log.stored.length, 1)
})

async function start(t: TestContext) {
  const clock = new VirtualClock()
  clock.advance(10_000)
  const world = ingestWorld(t, { clock })
  world.keys.add(KEY_ID)
  world.keys.secrets.set(KEY_ID, SECRET)
  const signatures = new SeenSignatures({ clock, spend: null })
  const deps = { ...world.deps, signatures, log: world.log, random: systemRandom }
  const { url } = await startTestServer(t, { driver: 'node', routes: ingestRoutes(deps) })
  const example = await exampleOfPage()
  const sign = (body: string | Uint8Array, seconds = Math.floor(clock.nowUs() / 1_000_000)) =>
    example(KEY_ID, SECRET, body, seconds)
  const post = async (
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    path = '/ingest',
  ) => {
    const reply = await fetch(url + path, {
      method: 'POST',
      headers: { ...sign(body), ...headers },
      body: typeof body === 'string' ? body : Uint8Array.from(body),
    })
    const { code = '', detail = '' } = (await reply.json()) as { code?: string; detail?: string }
    return { status: reply.status, code, detail }
  }
  return { ...world, clock, sign, post }
}
