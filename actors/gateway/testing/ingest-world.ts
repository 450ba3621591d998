/** Everything behind the doors of ingest in one process: real actors and tasks, a fake log. */
import type { TestContext } from 'node:test'
import { Arena } from '#actors/commit-log/arena.ts'
import { LetterBox } from '#actors/commit-log/dead-letters/letter-box.ts'
import { MemoryDeadLetters } from '#actors/commit-log/testing/memory-dead-letters.ts'
import type { KeyVerdict, VerifiedKey } from '#actors/identity/key-cache.ts'
import { manifest } from '#actors/manifest.ts'
import { IngestMeter } from '#actors/project/ingest-meter.ts'
import { PROJECT_RESTART, project } from '#actors/project/project.ts'
import { FakeLog } from '#actors/project/testing/fake-log.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import {
  type Clock,
  type Fault,
  System,
  seededRandom,
  systemClock,
  type Task,
} from '#runtime/index.ts'
import type { IngestDeps } from '../ingest-stream.ts'

export const KEY = 'key-of-project-one'

/** Keys by their text; what is not here is unknown. */
export class FakeKeys {
  readonly verdicts = new Map<string, KeyVerdict>()
  away = false

  async verify(text: string): Promise<KeyVerdict> {
    if (this.away) return { type: 'unavailable' }
    return this.verdicts.get(text) ?? { type: 'unknown' }
  }

  add(text: string, fields: Partial<VerifiedKey> = {}): VerifiedKey {
    const key: VerifiedKey = {
      keyId: text,
      projectId: 'project0aa',
      scopes: ['ingest'],
      recordsPerSecond: 0,
      bytesPerSecond: 0,
      timeZone: 'UTC',
      recordSchema: null,
      ...fields,
    }
    this.verdicts.set(text, { type: 'verified', key })
    return key
  }
}

export interface IngestWorld {
  readonly deps: IngestDeps
  readonly keys: FakeKeys
  readonly log: FakeLog
  readonly arena: Arena
  readonly meter: IngestMeter
  readonly system: System
  readonly faults: Fault[]
  readonly letters: MemoryDeadLetters
  readonly box: LetterBox
  /** Bugs that the doors were told of. */
  readonly doorFaults: Error[]
}

export interface IngestWorldOptions {
  readonly clock?: Clock
  readonly arenaBytes?: number
}

export function ingestWorld(t: TestContext, options: IngestWorldOptions = {}): IngestWorld {
  const clock = options.clock ?? systemClock
  const keys = new FakeKeys()
  keys.add(KEY)
  const log = new FakeLog()
  const meter = new IngestMeter()
  const capacityBytes = options.arenaBytes ?? 64 * 1024 * 1024
  const arena = new Arena({ capacityBytes, readerBytes: 4 * 1024 * 1024 })
  const faults: Fault[] = []
  const system = new System({
    clock,
    random: seededRandom(1),
    onFault: fault => faults.push(fault),
    onEscalation: () => {},
  })
  const projects = system.keyed(project, projectId => ({ projectId, log, meter, spend: null }), {
    actorsMax: 100,
    idleMs: 600_000,
    restart: PROJECT_RESTART,
  })
  t.after(() => system.kill('end of test'))
  const doorFaults: Error[] = []
  const letters = new MemoryDeadLetters()
  const box = new LetterBox({ letters, clock, onFault: error => doorFaults.push(error) })
  t.after(() => box.close())
  const deps: IngestDeps = {
    verifier: keys,
    projects: id => projects.ref(id),
    arena,
    pool: { run: runInline },
    clock,
    meter,
    letters: box,
    onFault: error => doorFaults.push(error),
  }
  return { deps, keys, log, arena, meter, system, faults, doorFaults, letters, box }
}

/** Runs a task of the manifest here, not before the caller goes on. */
async function runInline<Result>(name: string, input: unknown): Promise<Result> {
  const load = manifest.tasks[name]
  if (load === undefined) throw new Error(`no task ${name}`)
  const task: Task = await load()
  const output = await task(input as never, {} as never)
  return (isTransferred(output) ? output.result : output) as Result
}

function isTransferred(output: unknown): output is { result: unknown } {
  return typeof output === 'object' && output !== null && 'transfer' in output
}

/** A sound batch of so many records. */
export function testBatch(records: number, message = 'hello'): Uint8Array {
  const builder = new BatchBuilder({ sdkName: 'test', sdkVersion: '1' })
  for (let index = 0; index < records; index++) {
    const refusal = builder.append({
      timeUs: 1_700_000_000_000_000 + index,
      severity: 9,
      service: 'service',
      host: 'host',
      file: '',
      message: `${message} ${index}`,
      attributes: [['n', index]],
    })
    if (refusal !== null) throw new Error(refusal)
  }
  return builder.seal()
}
