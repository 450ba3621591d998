/**
 * A record as a scanner found it, whatever it was written in: where its values stand, for the
 * columns to judge and to take.
 */
import type { KeyColumns } from './attribute-table.ts'

/** Fields of a record that are columns of their own; every other key is an attribute. */
export const ROLE = {
  none: -1,
  time: 0,
  level: 1,
  message: 2,
  service: 3,
  host: 4,
  file: 5,
  traceId: 6,
  spanId: 7,
} as const
export const ROLES = 8

/** One key at one place of a record. */
export interface FieldSlot {
  /** With the keys around it, dotted. */
  readonly key: string
  readonly role: number
  readonly isTooLong: boolean
  /** Columns of this key, once a value of it was taken. */
  columns: KeyColumns | undefined
}

export interface ScannedRecord {
  readonly bytes: Uint8Array
  readonly count: number
  /** Of each value its slot, what it is (KIND), and where it stands. */
  readonly slots: readonly FieldSlot[]
  readonly kinds: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Number of the value that is the field, by role; -1 = none. */
  readonly chosen: Int32Array
  /** A value that is a string, as JSON text. */
  quoted(leaf: number): Uint8Array
}

/** Reads times one after the other; `timeUs` and `subNs` hold the last one. */
export interface TimeReader {
  readonly timeUs: number
  readonly subNs: number
  /** Reads the value bytes[start, end) of that kind; false = it is no time. */
  read(bytes: Uint8Array, start: number, end: number, kind: number): boolean
}

/** Reads levels one after the other. */
export interface SeverityReader {
  /** OpenTelemetry severity number of the last level; 0 = not known. */
  readonly severity: number
  /** What has to be kept of how it was written. */
  readonly text: Uint8Array
  read(bytes: Uint8Array, start: number, end: number): void
}
