/**
 * The windows of a project with their place in the log, as a checkpoint keeps them:
 *
 *   u8 2 | name of the log | u32 count | count × (u32 partition, f64 position) | engine
 *
 * A checkpoint without that head (u8 1) is of a version that knew one partition of the journal.
 */
import type { LogEnd } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'

export interface WindowSnapshot {
  /** Everything up to here is in the windows; null = of another log, nobody knows. */
  readonly positions: Positions | null
  readonly engine: Uint8Array
}

const VERSION = 2
const VERSION_OF_JOURNAL = 1

/** As the catalog keeps it: `position` only has to rise as positions do. */
export function encodeSnapshot(
  logName: string,
  { positions, engine }: { readonly positions: Positions; readonly engine: Uint8Array },
): { readonly position: number; readonly state: Uint8Array } {
  const pairs = positions.pairs()
  const writer = new ByteWriter()
  writer.u8(VERSION)
  writer.text(logName)
  writer.u32(pairs.length)
  for (const [partition, position] of pairs) {
    writer.u32(partition)
    writer.f64(position)
  }
  writer.bytes(engine)
  const position = pairs.reduce((sum, [, each]) => sum + each, 0)
  return { position, state: writer.finish() }
}

/** null = nothing was saved, or by a version that this one cannot read. */
export function decodeSnapshot(
  { position, state }: { readonly position: number | null; readonly state: Uint8Array | null },
  logName: string,
): WindowSnapshot | null {
  if (state === null || position === null) return null
  if (state[0] === VERSION_OF_JOURNAL) {
    return { positions: logName === JOURNAL ? Positions.at(position) : null, engine: state }
  }
  const reader = new ByteReader(state)
  if (reader.u8() !== VERSION) return null
  const isOfLog = isSame(reader.text(), logName)
  const pairs = Array.from({ length: reader.u32() }, () => [reader.u32(), reader.f64()] as const)
  return { positions: isOfLog ? Positions.of(pairs) : null, engine: reader.rest() }
}

/** Name of the log that lies in the process. */
const JOURNAL = 'journal'

/** Of a log that was made anew, and may be longer by now than the former, another one. */
export function logNameOf(kind: string, { identity }: Pick<LogEnd, 'identity'>): string {
  return identity === '' ? kind : `${kind} ${identity}`
}

/** Where nobody tells an identity, or nobody did when it was saved, the length has to judge. */
function isSame(saved: string, now: string): boolean {
  const [[savedKind, savedId = ''], [kind, id = '']] = [saved.split(' '), now.split(' ')]
  return savedKind === kind && (savedId === id || savedId === '' || id === '')
}
