// Loaded before every test file: one that drives programs begins once they are there.
import { isMainThread } from 'node:worker_threads'
import { drivesPrograms, programsInstalled } from './test-programs.mjs'

if (isMainThread && drivesPrograms(process.argv[1] ?? '')) {
  await programsInstalled(process.env.LOGBOY_TEST_PROGRAMS)
}
