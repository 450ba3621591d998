// Test files that touch nothing of their process share one: a process of its own costs each 0.1 s of
// CPU, and once more all that it imports. For three of four that is half of what they take.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** So that the last of them do not run alone. */
const FILES_MAX = 8
/** Hooks beside all tests of a process, what all of it shares, and files that wait as they load. */
const OWN_PROCESS =
  /^(before|after|beforeEach|afterEach)\(|^(const .+ = )?await\b|\b(process|globalThis|mock)\b/m

/** Whether the tests of this text may run behind those of others. */
export function sharesProcess(text) {
  return !OWN_PROCESS.test(text)
}

/** Files of the same order, in which groups of those that share stand behind the others. */
export function groupTestFiles(files, { folder, isApart }) {
  const sharing = files.filter(file => !isApart(file) && sharesProcess(readFileSync(file, 'utf8')))
  const apart = files.filter(file => !sharing.includes(file))
  const groups = []
  for (let at = 0; at < sharing.length; at += FILES_MAX) {
    const group = join(folder, `group-${groups.length}.test.mjs`)
    const some = sharing.slice(at, at + FILES_MAX)
    // All in one go: once node:test has begun, a test starts within the very line that names it,
    // ahead of the classes below it.
    const imports = some.map(file => `import ${JSON.stringify(pathToFileURL(resolve(file)))}\n`)
    writeFileSync(group, imports.join(''))
    groups.push(group)
  }
  return [...apart, ...groups]
}
