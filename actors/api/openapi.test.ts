import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { ingestRoutes } from '#actors/gateway/ingest-http.ts'
import { ingestWorld } from '#actors/gateway/testing/ingest-world.ts'
import { DRIVERS } from '#actors/http/testing/drivers.ts'
import { systemRandom } from '#runtime/index.ts'
import { apiRoutes, apiSockets } from './api-routes.ts'
import { apiWorld } from './testing/api-world.ts'

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
}

for (const driver of DRIVERS) {
  test(`${driver}: the document is valid OpenAPI, and says of every route what it takes`, async t => {
    const { deps, log } = ingestWorld(t)
    const doors = ingestRoutes({ ...deps, log, random: systemRandom })
    const world = await apiWorld(t, driver, doors)
    const reply = await world.call('GET', '/api/v1/openapi.json')
    assert.equal(reply.status, 200)
    const document = JSON.parse(reply.text) as Document
    assert.match(document.openapi, /^3\.1\./)
    const { valid, errors } = await new Validator().validate({ ...document })
    assert.ok(valid, JSON.stringify(errors, null, 2))
    const routes = [...doors, ...apiRoutes(world.deps, doors)]
    const named = [
      ...routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
      ...apiSockets(world.deps).map(({ path }) => `GET ${path}`),
    ]
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(told.sort(), named.sort())
  })

  test(`${driver}: who has the document already is not sent it again`, async t => {
    const { call } = await apiWorld(t, driver)
    const first = await call('GET', '/api/v1/openapi.json')
    const etag = first.headers.get('etag') ?? ''
    const again = await call('GET', '/api/v1/openapi.json', {
      headers: { 'if-none-match': `"other", W/${etag}` },
    })
    assert.deepEqual([again.status, again.text], [304, ''])
  })
}
