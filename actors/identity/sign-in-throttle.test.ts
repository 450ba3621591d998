import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { networkOf, SignInThrottle } from './sign-in-throttle.ts'

const attempt = (address: string, email = 'ada@example.org', deviceId: string | null = null) => ({
  address,
  email,
  deviceId,
})

test('a wrong password many times: longer and longer waits, from one address and from many', () => {
  const clock = new VirtualClock()
  const throttle = new SignInThrottle(clock)
  let tried = 0
  for (let second = 0; second < 3_600; second++) {
    for (let n = 0; n < 20; n++) {
      if (throttle.begin(attempt(`10.0.${second % 200}.${n}`)) === 0) tried++
    }
    clock.advance(1_000)
  }
  assert.ok(tried < 240, `${tried} guesses an hour at one account`)
  assert.ok(throttle.begin(attempt('10.9.9.9')) <= 30_000)
})

test('who guesses from one network keeps nobody else out', () => {
  const throttle = new SignInThrottle(new VirtualClock())
  for (let n = 0; n < 1_000; n++) throttle.begin(attempt('10.0.0.1'))
  assert.ok(throttle.begin(attempt('10.0.0.1')) > 0)
  assert.equal(throttle.begin(attempt('10.0.0.2')), 0)
})

test('whoever has signed in with a browser before comes in while strangers wait', () => {
  const throttle = new SignInThrottle(new VirtualClock())
  const known = attempt('10.0.0.1', 'ada@example.org', 'device')
  for (let n = 0; n < 50; n++) throttle.begin(attempt('10.0.0.1'))
  assert.ok(throttle.begin(attempt('10.0.0.1')) > 0)
  assert.equal(throttle.begin(known), 0)
  throttle.succeeded(known)
  for (let n = 0; n < 11; n++) assert.equal(throttle.begin(known), 0)
  assert.ok(throttle.begin(known) > 0)
})

test('one address that tries many accounts waits; another one does not', () => {
  const throttle = new SignInThrottle(new VirtualClock())
  const waits = Array.from({ length: 30 }, (_, n) =>
    throttle.begin(attempt('2001:db8::1', `${n}@example.org`)),
  )
  assert.equal(waits.filter(ms => ms === 0).length, 21)
  assert.ok(throttle.begin(attempt('2001:db8::ffff:2', 'new@example.org')) > 0)
  assert.equal(throttle.begin(attempt('2001:db8:0:1::1', 'new@example.org')), 0)
})

test('one\u2019s own account does not wash an address clean', () => {
  const throttle = new SignInThrottle(new VirtualClock())
  for (let n = 0; n < 30; n++) {
    throttle.begin(attempt('10.0.0.1', `${n}@example.org`))
    const own = attempt('10.0.0.1', 'mallory@example.org')
    if (throttle.begin(own) === 0) throttle.succeeded(own)
  }
  assert.ok(throttle.begin(attempt('10.0.0.1', 'next@example.org')) > 0)
})

test('who succeeds, or is quiet for an hour, begins anew', () => {
  const clock = new VirtualClock()
  const throttle = new SignInThrottle(clock)
  const ada = attempt('10.0.0.1')
  for (let n = 0; n < 5; n++) throttle.begin(ada)
  assert.equal(throttle.begin(ada), 0)
  throttle.succeeded(ada)
  assert.equal(throttle.begin(ada), 0)
  for (let n = 0; n < 20; n++) throttle.begin(ada)
  assert.ok(throttle.begin(ada) > 0)
  clock.advance(3_600_000)
  assert.equal(throttle.begin(ada), 0)
})

test('addresses are counted by network', () => {
  assert.equal(networkOf('10.0.0.1'), '10.0.0.1')
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0')
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2')
  assert.equal(networkOf('::1'), '0:0:0:0')
})
