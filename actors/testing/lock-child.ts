/**
 * A process that wants a data folder: says when it is up, tries at the first word it hears, says
 * what came of it, and keeps the folder until its input ends.
 *
 *   node lock-child.ts FOLDER
 */
import { once } from 'node:events'
import { systemRandom } from '#runtime/random.ts'
import { lockDataFolder } from '../data-folder-lock.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('lock-child needs a folder')
process.stdout.write('up\n')
await once(process.stdin, 'data')
const outcome = await lockDataFolder(folder, systemRandom).then(
  () => 'has it',
  (error: Error) => error.message,
)
process.stdout.write(`${outcome}\n`)
