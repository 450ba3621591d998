import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { testTls } from '#actors/http/testing/tls-pair.ts'
import { runLogboy } from './testing/run-logboy.ts'

test('a server whose authority is not known is talked to once LOGBOY_CA names it', async t => {
  const { certFile, keyFile } = testTls(t).files
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const server = createServer(pair, (_, response) => response.end('{"status":"ok"}'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close() && server.closeAllConnections())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked = ['health', '--url', url]
  const known = await runLogboy(asked, { env: { LOGBOY_CA: certFile } })
  assert.deepEqual([known.code, known.stdout, known.stderr], [0, 'ok\n', ''])
  const unknown = await runLogboy(asked)
  assert.equal(unknown.code, 1)
  assert.match(
    unknown.stderr,
    /^logboy: no answer from .* name the file of its authority in LOGBOY_CA\n$/,
  )
  const missing = await runLogboy(asked, { env: { LOGBOY_CA: `${certFile}.none` } })
  assert.match(missing.stderr, /^logboy: LOGBOY_CA=.*\.none cannot be used: ENOENT.*\n$/)
})
