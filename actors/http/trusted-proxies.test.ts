import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DRIVERS, startTestServer } from './testing/drivers.ts'
import { TrustedProxies } from './trusted-proxies.ts'

for (const [proxies, peer, header, caller] of [
  [[], '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  [['10.0.0.1'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  [['10.0.0.1'], '10.0.0.1', null, '10.0.0.1'],
  [['10.0.0.1'], '10.0.0.2', '203.0.113.9', '10.0.0.2'],
  [['10.0.0.0/8'], '10.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, 10.7.7.7', '203.0.113.9'],
  [['10.0.0.0/8'], '10.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, nonsense', '10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '', '10.0.0.1'],
  [['private'], '::1', '2001:DB8::0:1', '2001:db8::1'],
  [['private'], '172.20.0.3', '::ffff:203.0.113.9', '203.0.113.9'],
] as const) {
  test(`${peer} for ${header}, trusting ${proxies.join(' ') || 'nobody'}: ${caller}`, () => {
    assert.equal(new TrustedProxies(proxies).callerOf(peer, header), caller)
  })
}

test('what is no network is refused with what would do', () => {
  for (const text of ['10.0.0.0/33', 'proxy', '', '10.0.0.0/x', '::/129']) {
    assert.throws(() => new TrustedProxies([text]), /expected addresses/)
  }
})

for (const driver of DRIVERS) {
  test(`${driver}: a handler sees the caller, not the proxy`, async t => {
    const { url } = await startTestServer(t, {
      driver,
      proxies: new TrustedProxies(['127.0.0.1']),
      routes: [
        { method: 'GET', path: '/peer', handle: ({ peer }) => ({ status: 200, body: peer }) },
      ],
    })
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    assert.equal(await (await fetch(`${url}/peer`, { headers })).text(), '203.0.113.9')
    assert.equal(await (await fetch(`${url}/peer`)).text(), '127.0.0.1')
  })
}
