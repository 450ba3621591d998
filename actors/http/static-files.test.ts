import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { json } from './problem.ts'
import { staticRoutes } from './static-files.ts'
import { DRIVERS, startTestServer } from './testing/drivers.ts'

const PAGE = '<!doctype html><title>Logboy</title>'
const SCRIPT = `console.log("${'long enough to be worth it '.repeat(50)}")`

test('without a build there are no pages', () => {
  assert.deepEqual(staticRoutes('/nowhere/at/all'), [])
})

for (const driver of DRIVERS) {
  test(`${driver}: hashed files are kept for good, the page is asked for again`, async t => {
    const port = await serve(t, driver)
    const script = await get(port, '/assets/index-Ab3_x-9Z.js')
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal(script.body.toString(), SCRIPT)
    const page = await get(port, '/')
    assert.equal(page.headers['cache-control'], 'no-cache')
    const again = await get(port, '/', { 'if-none-match': String(page.headers['etag']) })
    assert.deepEqual([again.status, again.body.length], [304, 0])
  })

  test(`${driver}: the page comes with a policy that lets in nothing foreign`, async t => {
    const { headers } = await get(await serve(t, driver), '/')
    const policy = String(headers['content-security-policy'])
    for (const rule of [
      "script-src 'self'",
      "style-src 'self'",
      "require-trusted-types-for 'script'",
      'trusted-types logboy',
      "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.split('; ').includes(rule), rule)
    }
    assert.ok(!policy.includes('unsafe'))
    assert.equal(headers['x-content-type-options'], 'nosniff')
  })

  test(`${driver}: files are sent compressed to whom it may concern`, async t => {
    const port = await serve(t, driver)
    const path = '/assets/index-Ab3_x-9Z.js'
    const gzip = await get(port, path, { 'accept-encoding': 'gzip' })
    assert.equal(gunzipSync(gzip.body).toString(), SCRIPT)
    const brotli = await get(port, path, { 'accept-encoding': 'gzip, br' })
    assert.equal(brotli.headers['content-encoding'], 'br')
    assert.equal(brotliDecompressSync(brotli.body).toString(), SCRIPT)
    assert.ok(brotli.body.length < SCRIPT.length / 4)
  })

  test(`${driver}: paths of the page's router get the page, missing files do not`, async t => {
    const port = await serve(t, driver)
    assert.equal((await get(port, '/projects/demo/logs')).body.toString(), PAGE)
    assert.equal((await get(port, '/assets/gone.js')).status, 404)
    assert.equal((await get(port, '/api/v1/nothing')).status, 404)
    assert.equal((await get(port, '/api/v1/thing')).body.toString(), '"api"')
  })

  test(`${driver}: nothing outside the build is ever served`, async t => {
    const port = await serve(t, driver)
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt']) {
      const { status, body } = await get(port, path)
      assert.ok(!body.toString().includes('hidden'), path)
      assert.ok(status === 404 || body.toString() === PAGE, path)
    }
  })
}

async function serve(t: TestContext, driver: 'uws' | 'node'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-static-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'dist', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'hidden')
  writeFileSync(join(folder, 'dist', 'index.html'), PAGE)
  writeFileSync(join(folder, 'dist', 'assets', 'index-Ab3_x-9Z.js'), SCRIPT)
  const api = { method: 'GET', path: '/api/v1/thing', handle: () => json(200, 'api') } as const
  const routes = [...staticRoutes(join(folder, 'dist')), api]
  return (await startTestServer(t, { driver, routes })).port
}

interface Reply {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request({ port, path, headers, agent: false }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const { statusCode: status, headers } = response
        resolve({ status, headers, body: Buffer.concat(parts) })
      })
    })
      .on('error', reject)
      .end()
  })
}
