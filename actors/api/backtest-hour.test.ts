import { test } from 'node:test'
import { inStoreWorld } from '#actors/store/testing/store-world.ts'
import { compareHour } from './testing/backtest-hour.ts'

test('Parquet: a backtest of an hour says what was said in that hour', () =>
  inStoreWorld(1, {}, world => compareHour(world)))
