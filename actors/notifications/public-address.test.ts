import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPublicAddress } from './public-address.ts'

const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.170',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '2002:a9fe:a9fe::',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
]
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
]

test('addresses of this machine, this network and of no network are not public', () => {
  for (const address of PRIVATE) assert.equal(isPublicAddress(address), false, address)
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address)
})

test('what is no address is not public', () => {
  for (const text of ['', 'localhost', '0x7f000001', '2130706433', '127.1', '1.2.3.4.5', '::g']) {
    assert.equal(isPublicAddress(text), false, text)
  }
})

test('an address inside another one is judged as it would be alone', () => {
  fc.assert(
    fc.property(fc.ipV4(), address => {
      const alone = isPublicAddress(address)
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
      const hex = [(a << 8) | b, (c << 8) | d].map(n => n.toString(16)).join(':')
      for (const each of [
        `::ffff:${address}`,
        `::ffff:${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
      ]) {
        assert.equal(isPublicAddress(each), alone, each)
      }
    }),
  )
})

test('any other IPv6 address than a global one is not public', () => {
  fc.assert(
    fc.property(fc.ipV6(), address => {
      const first = Number.parseInt(address.split(':')[0] || '0', 16)
      if (isPublicAddress(address) && !/^(::ffff|64:ff9b)/i.test(address)) {
        assert.ok(first >= 0x2000 && first <= 0x3fff, address)
      }
    }),
  )
})
