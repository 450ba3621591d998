import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemRandom } from '#runtime/random.ts'
import { inlineTasks, newArena, openRealJournal } from '../testing/journals.ts'
import { collect } from '../testing/log-driver.ts'

const CHILD = fileURLToPath(new URL('../testing/journal-child.ts', import.meta.url))
const ROUNDS = 20
const SENDERS = 4

test('kill -9 at any moment: what was acknowledged is there, once and in order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-kill-'))
  const acknowledged = new Map<number, number>()
  try {
    for (let round = 0; round < ROUNDS; round++) await killDuringAppends(folder, acknowledged)
    const arena = newArena()
    const log = await openRealJournal(arena, inlineTasks(), { folder })
    const total = [1, 2, 3, 4].reduce(
      (sum, producer) => sum + (log.producer('project0aa', BigInt(producer))?.lastSequence ?? 0),
      0,
    )
    const collector = collect(log)
    await collector.reached(total)
    await log.close()
    const last = new Map<number, number>()
    for (const { producer, sequence } of collector.seen) {
      assert.equal(sequence, (last.get(producer) ?? 0) + 1, 'none missing, none twice')
      last.set(producer, sequence)
    }
    assert.equal(acknowledged.size, SENDERS)
    for (const [producer, sequence] of acknowledged) {
      assert.ok((last.get(producer) ?? 0) >= sequence, `producer ${producer}`)
    }
    assert.equal(arena.observe().batchesInUse, 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

async function killDuringAppends(folder: string, acknowledged: Map<number, number>): Promise<void> {
  const child = spawn(process.execPath, [CHILD, folder, String(SENDERS)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => {
    complaints += text.toString()
  })
  const killAfterLines = 1 + systemRandom.below(200)
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, producer, sequence] = line.split(' ')
    const before = acknowledged.get(Number(producer)) ?? 0
    if (what === 'known') assert.ok(Number(sequence) >= before, `${line}, had ${before}`)
    else {
      acknowledged.set(Number(producer), Number(sequence))
      if (++lines === killAfterLines) child.kill('SIGKILL')
    }
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL', complaints)
}
