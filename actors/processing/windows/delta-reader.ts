/** Reads what RuleSet.deltas wrote, one rule after the other. */
import { ByteReader } from './byte-stream.ts'
import { type PartKind, WindowPart } from './window-part.ts'

export interface DeltaTaker {
  /** Which parts the rule of this number has; the taker goes on with this rule. */
  rule(number: number, late: number, leftOut: number): PartKind
  part(key: string, pane: number, part: WindowPart): void
}

export function readDeltas(bytes: Uint8Array, taker: DeltaTaker): void {
  const reader = new ByteReader(bytes)
  while (reader.hasMore) {
    const number = reader.u32()
    const late = reader.u32()
    const kind = taker.rule(number, late, reader.u32())
    const groups = reader.u32()
    for (let group = 0; group < groups; group++) {
      const key = reader.text()
      const panes = reader.u32()
      for (let i = 0; i < panes; i++) taker.part(key, reader.f64(), WindowPart.read(kind, reader))
    }
  }
}
