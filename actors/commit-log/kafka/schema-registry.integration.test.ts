import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { registerSchema, type SchemaIdCache, schemaText } from './schema-registry.ts'

const url = process.env['SCHEMA_REGISTRY_URL']
const skip = url === undefined ? 'SCHEMA_REGISTRY_URL is not set' : false

const newTopic = (): string => `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`

function optionsAt(address: string, cache: SchemaIdCache = new Map<string, number>()) {
  const troubles: string[] = []
  const onTrouble = (error: Error, where: string): void =>
    void troubles.push(`${where}: ${error.message}`)
  return { url: address, cache, clock: systemClock, onTrouble, troubles }
}

test('both schemas are registered, again with the same id', { skip }, async () => {
  const options = optionsAt(url ?? '')
  const topic = newTopic()
  const id = await registerSchema(options, schemaText('logs', topic))
  assert.equal(await registerSchema(options, schemaText('logs', topic)), id)
  const metrics = await registerSchema(options, schemaText('metrics', newTopic()))
  assert.notEqual(metrics, id)
  const config = await fetch(`${url}/config/${topic}-value`)
  const { compatibilityLevel } = (await config.json()) as { compatibilityLevel: string }
  assert.equal(compatibilityLevel, 'BACKWARD_TRANSITIVE')
  assert.deepEqual(options.troubles, [])
})

test('a new field is taken; one that changed its type refuses to start, with the reason', {
  skip,
}, async () => {
  const options = optionsAt(url ?? '')
  const { subject, text } = schemaText('metrics', newTopic())
  await registerSchema(options, { subject, text })
  const grown = text.replace('record_count = 1;', 'record_count = 1;\n  string note = 100;')
  await registerSchema(options, { subject, text: grown })
  const changed = text.replace('uint32 record_count', 'string record_count')
  await assert.rejects(registerSchema(options, { subject, text: changed }), (error: Error) => {
    assert.equal((error as Error & { code: string }).code, 'LOGBOY_SCHEMA_REFUSED')
    assert.match(error.message, /record_count|type|incompatible/i)
    return true
  })
})

test('another level that someone chose for the subject holds, and is told', { skip }, async () => {
  const options = optionsAt(url ?? '')
  const schema = schemaText('metrics', newTopic())
  await fetch(`${url}/config/${schema.subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'FORWARD' }),
  })
  assert.ok((await registerSchema(options, schema)) > 0)
  assert.match(options.troubles.join(), /its compatibility is FORWARD/)
})

test('a level that changes while processes start together is asked for again', async t => {
  const levels = ['NONE', 'BACKWARD_TRANSITIVE', 'BACKWARD_TRANSITIVE']
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const isConfig = request.url?.startsWith('/config/') === true
    const answer = isConfig ? { compatibilityLevel: levels.shift() } : { id: 7 }
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const options = optionsAt(`http://127.0.0.1:${port}`)
  assert.equal(await registerSchema(options, schemaText('logs', newTopic())), 7)
  assert.deepEqual([levels, options.troubles], [[], []])
})

test('a registry that hangs: the id of an earlier start is used; without one it is refused; no connection stays', {
  timeout: 20_000,
}, async t => {
  const server = createServer(() => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cache = new Map<string, number>()
  const options = { ...optionsAt(`http://127.0.0.1:${port}`, cache), timeoutMs: 50 }
  const schema = schemaText('logs', newTopic())
  t.after(() => server.closeAllConnections())
  await assert.rejects(registerSchema(options, schema), { code: 'LOGBOY_SCHEMA_REGISTRY_AWAY' })
  const keys = { get: () => 7, set: () => assert.fail('nothing was registered') }
  assert.equal(await registerSchema({ ...options, cache: keys }, schema), 7)
  assert.match(options.troubles.join(), /no answer within 50 ms/)
  // Answers once every connection has ended.
  await new Promise(resolve => server.close(resolve))
})
