/** The state of one group of a rule, and how a window that has closed moves it on. */
import type { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'
import type { PartKind } from '#actors/processing/windows/window-part.ts'
import { Baseline } from './baseline.ts'
import { type GroupWindows, readWindows } from './group-windows.ts'
import type { WindowRead } from './window-value.ts'

/** `no_data`: nothing is there that could be measured. */
export const ALERT_STATUSES = ['ok', 'pending', 'firing', 'no_data'] as const
export type AlertStatus = (typeof ALERT_STATUSES)[number]

export interface GroupState {
  readonly windows: GroupWindows
  /** Of an anomaly; null = its rule is none. */
  readonly baseline: Baseline | null
  status: AlertStatus
  /** Last pane of the window with which the status began. */
  since: number
  /** Of the first window in a row that was over, while firing; NONE = it is not over. */
  overSince: number
  /** Oldest and newest pane with rows. */
  firstSeen: number
  lastSeen: number
  /** It was seen often enough that its absence means something. */
  isEstablished: boolean
}

export const NONE = -1

export interface StepTimes {
  /** In panes; fractions count. */
  readonly forPanes: number
  readonly keepPanes: number
  /**
   * Whether `no_data` is told apart from `ok` of whatever has none. Groups come and go: of those
   * it is told where one fired, so that nobody takes its silence for its recovery.
   */
  readonly tellsNoData: boolean
}

export function newGroup(
  windows: GroupWindows,
  baseline: Baseline | null,
  isEstablished: boolean,
): GroupState {
  return {
    windows,
    baseline,
    status: 'ok',
    since: NONE,
    overSince: NONE,
    firstSeen: NONE,
    lastSeen: NONE,
    isEstablished,
  }
}

/** The status after the window with the last pane `last` has closed; changes the state. */
export function step(state: GroupState, read: WindowRead, last: number, times: StepTimes): void {
  if (state.status === 'firing') stepFiring(state, read, last, times)
  else if (read.holds) {
    if (state.status !== 'pending') enter(state, 'pending', last)
    if (last - state.since >= times.forPanes) enter(state, 'firing', last)
  } else rest(state, read, last, times)
}

function stepFiring(state: GroupState, read: WindowRead, last: number, times: StepTimes): void {
  // It may have been told before its window closed: the windows up to it say nothing more.
  if (last <= state.since) return
  if (!read.isOver) {
    state.overSince = NONE
    return
  }
  if (state.overSince === NONE) state.overSince = last
  if (last - state.overSince >= times.keepPanes) rest(state, read, last, times)
}

function rest(state: GroupState, read: WindowRead, last: number, times: StepTimes): void {
  const isMissing = read.value === null && read.anomaly?.usual.isKnown !== false
  const isMissed = times.tellsNoData || state.status === 'firing' || state.status === 'no_data'
  const status = isMissing && isMissed ? 'no_data' : 'ok'
  if (state.status !== status) enter(state, status, last)
}

export function enter(state: GroupState, status: AlertStatus, last: number): void {
  state.status = status
  state.since = last
  state.overSince = NONE
}

export function writeGroup(state: GroupState, writer: ByteWriter): void {
  writer.u8(ALERT_STATUSES.indexOf(state.status))
  writer.f64(state.since)
  writer.f64(state.overSince)
  writer.f64(state.firstSeen)
  writer.f64(state.lastSeen)
  writer.u8(state.isEstablished ? 1 : 0)
  state.windows.write(writer)
  state.baseline?.write(writer)
}

/** `baselineS`: windows so long have a baseline; null = none. */
export function readGroup(
  kind: PartKind,
  baselineS: number | null,
  reader: ByteReader,
): GroupState {
  const status = ALERT_STATUSES[reader.u8()]
  if (status === undefined) throw new RangeError('an unknown status')
  const [since, overSince] = [reader.f64(), reader.f64()]
  const [firstSeen, lastSeen] = [reader.f64(), reader.f64()]
  const isEstablished = reader.u8() === 1
  const windows = readWindows(kind, reader)
  const baseline = baselineS === null ? null : Baseline.read(baselineS, reader)
  return { windows, baseline, status, since, overSince, firstSeen, lastSeen, isEstablished }
}
