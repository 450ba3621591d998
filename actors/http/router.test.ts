import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainAddress } from './peer-address.ts'
import { Router } from './router.ts'

test('literal parts win over names, names over the rest', () => {
  const router = routerOf(['GET /*', 'GET /logs/:id', 'GET /logs/recent', 'GET /:a/:b'])
  assert.deepEqual(find(router, 'GET', '/logs/recent'), ['GET /logs/recent', {}])
  assert.deepEqual(find(router, 'GET', '/logs/7'), ['GET /logs/:id', { id: '7' }])
  assert.deepEqual(find(router, 'GET', '/x/y'), ['GET /:a/:b', { a: 'x', b: 'y' }])
  assert.deepEqual(find(router, 'GET', '/x/y/z'), ['GET /*', { '*': 'x/y/z' }])
  assert.deepEqual(find(router, 'GET', '/'), ['GET /*', { '*': '' }])
})

test('parameters are decoded, never empty, and badly encoded ones are told', () => {
  const router = routerOf(['GET /logs/:id'])
  assert.deepEqual(find(router, 'GET', '/logs/a%2Fb'), ['GET /logs/:id', { id: 'a/b' }])
  assert.equal(find(router, 'GET', '/logs/'), 'not-found')
  assert.equal(find(router, 'GET', '/logs/%ff'), 'bad-path')
})

test('a known path with another method says which it takes, also beside a catch-all', () => {
  const router = routerOf(['GET /*', 'POST /ingest', 'DELETE /keys/:id'])
  assert.deepEqual(find(router, 'GET', '/ingest'), ['POST'])
  assert.deepEqual(find(router, 'PUT', '/keys/1'), ['DELETE'])
  assert.equal(find(router, 'POST', '/elsewhere'), 'not-found')
})

test('two routes for the same path are a mistake', () => {
  assert.throws(() => routerOf(['GET /a', 'GET /a']), /two routes for GET \/a/)
})

test('one address has one form', () => {
  assert.equal(plainAddress('10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('0000:0000:0000:0000:0000:ffff:7f00:0001'), '127.0.0.1')
  assert.equal(plainAddress('2001:0db8:0000:0000:0000:0000:0000:0001'), '2001:db8::1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
  assert.equal(plainAddress('strange:'), 'strange:')
})

function routerOf(routes: readonly string[]): Router<string> {
  const router = new Router<string>()
  for (const route of routes) {
    const [method, path] = route.split(' ') as [string, string]
    router.add(method, path, route)
  }
  return router
}

function find(router: Router<string>, method: string, path: string): unknown {
  const found = router.find(method, path)
  if (found.type === 'found') return [found.target, found.parameters]
  return found.type === 'wrong-method' ? found.allowed : found.type
}
