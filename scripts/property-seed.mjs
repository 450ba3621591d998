// Loaded before every test file: properties are tried on the same inputs each time, so that a red run
// is the fault of the change and not of chance. LOGBOY_TEST_SEED=random (or a number) tries others.
import fc from 'fast-check'

const SEED = 20261121
const wanted = process.env.LOGBOY_TEST_SEED ?? String(SEED)
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) })
