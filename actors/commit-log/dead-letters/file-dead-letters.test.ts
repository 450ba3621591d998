import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemDisk } from '#runtime/disk.ts'
import { seededRandom } from '#runtime/random.ts'
import { deadLetterSuite, letterOf } from '../testing/dead-letter-suite.ts'
import { FileDeadLetters, type FileDeadLettersOptions } from './file-dead-letters.ts'

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'logboy-dead-'))
  try {
    await body(join(parent, 'dead-letters'))
  } finally {
    rmSync(parent, { recursive: true })
  }
}

let seed = 0

function open(folder: string, limits: Partial<FileDeadLettersOptions> = {}): FileDeadLetters {
  return new FileDeadLetters({ disk: systemDisk, folder, random: seededRandom(++seed), ...limits })
}

deadLetterSuite('files', body => inFolder(folder => body(async () => open(folder))))

test('a torn end and a flipped byte cost what they hit, and are told', () =>
  inFolder(async folder => {
    const letters = open(folder)
    const ids = await letters.put([1, 2, 3].map(step => letterOf({ atUs: step })))
    await letters.close()
    const path = join(folder, readdirSync(folder)[0] ?? '')
    const content = readFileSync(path)
    const record = (content.length - 12) / 3
    content[12 + record + 20] = (content[12 + record + 20] as number) ^ 1
    writeFileSync(path, content)
    appendFileSync(path, Buffer.from([99, 0, 0, 0, 1, 2]))
    const again = open(folder)
    assert.deepEqual(
      (await again.list({ limit: 9 })).map(({ id }) => id),
      [ids[0], ids[2]],
    )
    assert.equal(again.observe()['damagedBytes'], record + 6)
    await again.put([letterOf({ atUs: 4 })])
    await again.close()
    assert.equal((await open(folder).list({ limit: 9 })).length, 3)
  }))

test('they are bounded: the oldest file goes, and what it held is counted', () =>
  inFolder(async folder => {
    const letters = open(folder, { bytesMax: 5_000, fileBytes: 2_000 })
    const bytes = new Uint8Array(500)
    for (let step = 1; step <= 20; step++) await letters.put([letterOf({ atUs: step, bytes })])
    const kept = await letters.list({ limit: 99 })
    const observed = letters.observe() as { bytes: number; forgotten: number }
    assert.equal(kept.length + observed.forgotten, 20)
    assert.ok(observed.forgotten > 0 && observed.bytes <= 5_000)
    assert.equal(kept.at(-1)?.atUs, 20)
    await letters.close()
    assert.equal((await open(folder).list({ limit: 99 })).length, kept.length)
  }))

test('files of a newer version are left alone', () =>
  inFolder(async folder => {
    const letters = open(folder)
    await letters.put([letterOf()])
    await letters.close()
    const path = join(folder, readdirSync(folder)[0] ?? '')
    const content = readFileSync(path)
    content.writeUInt32LE(2, 8)
    writeFileSync(path, content)
    assert.throws(() => open(folder), { code: 'LOGBOY_DEAD_LETTERS_NEWER' })
  }))
