/** Runs a history through the real engine: deltas as a worker makes them, of plain events. */
import { ByteWriter } from '#actors/processing/windows/byte-stream.ts'
import { DistinctSketch } from '#actors/processing/windows/distinct-sketch.ts'
import { WindowPart } from '#actors/processing/windows/window-part.ts'
import { partKindOf, receivedWithinUs } from '#actors/processing/windows/window-rules.ts'
import { slideOf } from '#proto/alert-rule.ts'
import type { AlertChange, AlertEngine, StoredRule } from '../alert-engine.ts'
import type { PlainEvent, PlainStep } from './naive-alerts.ts'

/** `clockUs`: behind the receipt of a batch where others that were received before are to come. */
export function runStep(
  engine: AlertEngine,
  stored: StoredRule,
  step: PlainStep,
  clockUs: number = step.atUs,
): AlertChange[] {
  if (step.type === 'tick') return engine.advance(step.atUs)
  return engine.absorb(deltasOf(stored, step.events, step.atUs), [stored], step.atUs, clockUs)
}

function deltasOf(
  { rule }: StoredRule,
  events: readonly PlainEvent[],
  receivedUs: number,
): Uint8Array {
  const slideUs = slideOf(rule.windowS) * 1e6
  const kind = partKindOf(rule)
  const groups = new Map<string, Map<number, WindowPart>>()
  let late = 0
  for (const event of events) {
    const pane = Math.floor(Math.min(event.timeUs, receivedUs) / slideUs)
    if ((pane + 1) * slideUs + receivedWithinUs(rule) <= receivedUs) {
      late++
      continue
    }
    const panes = groups.get(event.key) ?? new Map<number, WindowPart>()
    groups.set(event.key, panes)
    const part = panes.get(pane) ?? new WindowPart()
    panes.set(pane, part)
    fill(part, event, kind)
  }
  const writer = new ByteWriter()
  for (const number of [0, late, 0, groups.size]) writer.u32(number)
  for (const [key, panes] of groups) {
    writer.text(key)
    writer.u32(panes.size)
    for (const [pane, part] of panes) {
      writer.f64(pane)
      part.write(kind, writer)
    }
  }
  return writer.finish()
}

function fill(part: WindowPart, event: PlainEvent, kind: ReturnType<typeof partKindOf>): void {
  if (kind === 'numbers' || kind === 'quantiles') return part.addNumber(event.number, kind)
  part.count++
  if (event.isPart) part.part++
  const bytes = Buffer.from(String(event.number))
  part.distinct ??= new DistinctSketch()
  part.distinct.add(bytes, 0, bytes.length)
}
