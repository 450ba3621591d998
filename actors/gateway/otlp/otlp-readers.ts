/** Times and levels as OpenTelemetry writes them. */
import { LevelReader } from '../json/level-reader.ts'
import type { SeverityReader, TimeReader } from '../json/scanned-record.ts'

const TWO_32 = 2 ** 32
const SEVERITY_MAX = 24

/** Nanoseconds since 1970 as eight bytes, least significant first. */
export class OtlpTime implements TimeReader {
  timeUs = 0
  subNs = 0

  read(bytes: Uint8Array, start: number): boolean {
    const [low, high] = [uint32(bytes, start), uint32(bytes, start + 4)]
    const rest = (high % 1_000) * TWO_32 + low
    this.timeUs = Math.floor(high / 1_000) * TWO_32 + Math.floor(rest / 1_000)
    this.subNs = rest % 1_000
    return Number.isSafeInteger(this.timeUs)
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  return (low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0
}

/** The number of a severity decides, and its text where there is none. */
export class OtlpLevel implements SeverityReader {
  /** Of the record at hand. */
  number = 0
  severity = 0
  text: Uint8Array = new Uint8Array(0)
  readonly #written = new LevelReader()

  get isNumber(): boolean {
    return this.number >= 1 && this.number <= SEVERITY_MAX
  }

  read(bytes: Uint8Array, start: number, end: number): void {
    this.#written.read(bytes, start, end)
    this.severity = this.isNumber ? this.number : this.#written.severity
    this.text = this.#written.text
  }
}
