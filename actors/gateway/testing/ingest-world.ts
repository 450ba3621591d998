/** Everything behind the doors of ingest in one process: real actors and tasks, a fake log. */
import type { TestContext } from 'node:test'
import { Arena } from '#actors/commit-log/arena.ts'
import { LetterBox } from '#actors/commit-log/dead-letters/letter-box.ts'
import { MemoryDeadLetters } from '#actors/commit-log/testing/memory-dead-letters.ts'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import type { KeyVerdict, SigningVerdict, VerifiedKey } from '#actors/identity/key-cache.ts'
import { manifest } from '#actors/manifest.ts'
import { IngestMeter } from '#actors/project/ingest-meter.ts'
import { IngestUse } from '#actors/project/ingest-use.ts'
import { PROJECT_RESTART, project } from '#actors/project/project.ts'
import { UNLIMITED } from '#actors/project/sender-quotas.ts'
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
import { OtlpDoor } from '../otlp/otlp-door.ts'
import { RequestIntake } from '../request-intake.ts'
import { SeenSignatures } from '../seen-signatures.ts'

export const KEY = 'key-of-project-one'

/** Keys by their text; what is not here is unknown. */
export class FakeKeys {
  readonly verdicts = new Map<string, KeyVerdict>()
  /** Of those that sign. */
  readonly secrets = new Map<string, string>()
  away = false

  async verify(text: string): Promise<KeyVerdict> {
    if (this.away) return { type: 'unavailable' }
    return this.verdicts.get(text) ?? { type: 'unknown' }
  }

  async signing(keyId: string): Promise<SigningVerdict> {
    const verdict = await this.verify(keyId)
    const secret = this.secrets.get(keyId)
    if (verdict.type !== 'verified') return verdict
    return secret === undefined ? { type: 'unknown' } : { ...verdict, secret: Buffer.from(secret) }
  }

  add(text: string, fields: Partial<VerifiedKey> = {}): VerifiedKey {
    const key: VerifiedKey = {
      keyId: text,
      projectId: 'project0aa',
      scopes: ['ingest'],
      recordsPerSecond: 0,
      bytesPerSecond: 0,
      own: UNLIMITED,
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
  readonly use: IngestUse
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
  const use = new IngestUse(new InProcessCoordination(clock), clock)
  t.after(() => use.close())
  const capacityBytes = options.arenaBytes ?? 64 * 1024 * 1024
  const arena = new Arena({ capacityBytes, readerBytes: 4 * 1024 * 1024 })
  const faults: Fault[] = []
  const system = new System({
    clock,
    random: seededRandom(1),
    onFault: fault => faults.push(fault),
    onEscalation: () => {},
  })
  const projects = system.keyed(
    project,
    projectId => ({ projectId, log, meter, use, spend: null }),
    {
      actorsMax: 100,
      idleMs: 600_000,
      restart: PROJECT_RESTART,
    },
  )
  t.after(() => system.kill('end of test'))
  const doorFaults: Error[] = []
  const letters = new MemoryDeadLetters()
  const box = new LetterBox({ letters, clock, onFault: error => doorFaults.push(error) })
  t.after(() => box.close())
  const deps: IngestDeps = {
    verifier: keys,
    signatures: new SeenSignatures({ clock, spend: null }),
    projects: id => projects.ref(id),
    arena,
    pool: { run: runInline },
    clock,
    meter,
    letters: box,
    onFault: error => doorFaults.push(error),
  }
  return { deps, keys, log, arena, meter, system, faults, doorFaults, letters, box, use }
}

/** The door for OpenTelemetry's logs. */
export function otlpDoor({ deps, log }: Pick<IngestWorld, 'deps' | 'log'>): OtlpDoor {
  const all = { ...deps, log, random: seededRandom(2) }
  return new OtlpDoor(all, new RequestIntake(all))
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
