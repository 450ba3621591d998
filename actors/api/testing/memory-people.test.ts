import { suite } from 'node:test'
import { accountTests } from '#actors/catalog/testing/account-tests.ts'
import { memberTests } from '#actors/catalog/testing/member-tests.ts'
import { membershipTests } from '#actors/catalog/testing/membership-tests.ts'
import { MemoryCatalog } from './memory-catalog.ts'

/** Tests of routes stand on these: they must do what the real ones do. */
suite('people in memory', () => {
  const catalog = new MemoryCatalog()
  accountTests(() => catalog)
  suite('members', () => memberTests(() => catalog))
  suite('membership', () => membershipTests(() => catalog))
})
