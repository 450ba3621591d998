import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SDK_NAME, SDK_VERSION } from './version.ts'

test('the SDK tells the name and version that it is published under', () => {
  const text = readFileSync(new URL('./package.json', import.meta.url), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  assert.deepEqual({ name, version }, { name: SDK_NAME, version: SDK_VERSION })
})
