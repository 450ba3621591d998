// Programs that some tests drive or ask (a browser, linters, Python) are installed by `.ci/run` beside
// all that does not need them; it makes the file LOGBOY_TEST_PROGRAMS once they are there.
import { existsSync, readFileSync } from 'node:fs'

/** A browser and its libraries are some 300 MB. */
const INSTALLED_MS_MAX = 240_000
const LOOK_MS = 200
const DRIVING = /(^|\/)(ui\/testing|deploy)\/|other-readers\./

/** Whether the test file needs programs that a machine may lack. */
export function drivesPrograms(path) {
  return DRIVING.test(path)
}

/** Settles at once where nobody installs any: tests then skip what the machine lacks. */
export async function programsInstalled(path) {
  if (path === undefined) return
  const deadline = Date.now() + INSTALLED_MS_MAX
  while (!existsSync(path)) {
    if (Date.now() > deadline)
      throw new Error(`the programs that tests drive are not there: no ${path}`)
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  const said = readFileSync(path, 'utf8')
  if (said.startsWith('failed')) throw new Error('programs that tests drive could not be installed')
}
