/**
 * Notes where the values of one log record of OpenTelemetry stand, with those of its scope and its
 * resource behind its own: of one key in several of these layers the innermost one counts.
 */
import { WIRE, type WireReader } from '#proto/wire.ts'
import { KIND } from '../json/json-scan.ts'
import { SLOTS_MAX } from '../json/record-scanner.ts'
import { type FieldSlot, ROLE, ROLES, type ScannedRecord } from '../json/scanned-record.ts'
import { forEachMessage, type Span } from './any-value.ts'
import { AttributeReader, NOT_UTF8, TOO_DEEP, TOO_MANY } from './attribute-reader.ts'
import { ANY_VALUE, RECORD, RESOURCE, SCOPE } from './otlp-fields.ts'
import type { OtlpKey } from './otlp-key.ts'
import { OtlpLeaves } from './otlp-leaves.ts'
import { OtlpLevel } from './otlp-readers.ts'
import { Scratch } from './scratch.ts'

/** Layers of a record, from the innermost. */
const LAYER = { record: 1, scope: 2, resource: 3 } as const
/** What a value takes in its column beside its bytes, at most. */
const VALUE_BYTES = 12
/** A character of a text takes so many in JSON, at most. */
const ESCAPED_BYTES = 6
const NOTHING: Span = { start: 0, end: 0 }

const FIELDS = {
  time: fieldOf('time_unix_nano', ROLE.time),
  observedTime: fieldOf('observed_time_unix_nano', ROLE.time),
  level: fieldOf('severity_text', ROLE.level),
  message: fieldOf('body', ROLE.message),
  service: fieldOf('service.name', ROLE.service),
  host: fieldOf('host.name', ROLE.host),
  traceId: fieldOf('trace_id', ROLE.traceId),
  spanId: fieldOf('span_id', ROLE.spanId),
}

export class OtlpScanner implements ScannedRecord {
  readonly level = new OtlpLevel()
  readonly chosen = new Int32Array(ROLES)
  /** The most that the values of the record can take in columns. */
  rawBytes = 0
  readonly #own = new OtlpLeaves()
  readonly #scope = new OtlpLeaves()
  readonly #resource = new OtlpLeaves()
  readonly slots: readonly FieldSlot[] = this.#own.slots
  readonly kinds = this.#own.kinds
  readonly starts = this.#own.starts
  readonly ends = this.#own.ends
  readonly #wire: WireReader
  readonly #scratch: Scratch
  readonly #attributes: AttributeReader
  /** Where resource and scope stand. */
  #resourceAt = NOTHING
  #scopeAt = NOTHING
  /** Where values may be written behind the request, those of the resource, those of the scope. */
  readonly #requestEnd: number
  #resourceEnd: number
  #scopeEnd: number
  #record = 0
  /** Keys of resource and scope when all others were forgotten: these always come back. */
  #keysAround = 0
  /** A key came twice in one layer: its values will be one array of JSON. */
  #isJoined = false

  constructor(wire: WireReader) {
    this.#wire = wire
    this.#scratch = new Scratch(wire.bytes)
    this.#attributes = new AttributeReader(wire, this.#scratch)
    this.#requestEnd = this.#resourceEnd = this.#scopeEnd = this.#scratch.end
  }

  get bytes(): Uint8Array {
    return this.#scratch.bytes
  }

  get count(): number {
    return this.#own.count
  }

  /** Why the record that was scanned cannot be taken. */
  get refusal(): string | null {
    return this.#own.refusal ?? this.#scope.refusal ?? this.#resource.refusal
  }

  quoted(leaf: number): Uint8Array {
    const [start, end] = [this.starts[leaf] as number, this.ends[leaf] as number]
    const text = Buffer.from(this.bytes.buffer, start, end - start).toString()
    return Buffer.from(JSON.stringify(text))
  }

  /** Reads the resource of the records that follow; none is the one without attributes. */
  resource(at: Span = NOTHING): void {
    if (this.#hasManyKeys) this.#attributes.forget()
    this.#readResource(at)
    this.#readScope(NOTHING)
  }

  scope(at: Span = NOTHING): void {
    if (this.#hasManyKeys) this.#forget()
    this.#readScope(at)
  }

  /** Scans the record at [start, end). */
  scan(start: number, end: number): void {
    if (this.#hasManyKeys) this.#forget()
    this.#record++
    this.#own.clear()
    this.chosen.fill(-1)
    this.#scratch.end = this.#scopeEnd
    this.#attributes.begin()
    this.#fields(start, end)
    this.rawBytes = 0
    this.#isJoined = false
    this.#ownLayer()
    this.#layer(this.#scope, LAYER.scope)
    this.#layer(this.#resource, LAYER.resource)
    if (this.#isJoined) this.rawBytes *= ESCAPED_BYTES
  }

  get #hasManyKeys(): boolean {
    return this.#attributes.keysKnown > this.#keysAround + SLOTS_MAX
  }

  /** All keys but those of resource and scope. */
  #forget(): void {
    this.#attributes.forget()
    this.#readResource(this.#resourceAt)
    this.#readScope(this.#scopeAt)
    this.#keysAround = this.#attributes.keysKnown
  }

  #readResource(at: Span): void {
    this.#resourceAt = at
    this.#scratch.end = this.#requestEnd
    this.#readLayer(this.#resource, at, RESOURCE.attributes)
    nameFields(this.#resource)
    this.#resourceEnd = this.#scratch.end
  }

  #readScope(at: Span): void {
    const leaves = this.#scope
    this.#scopeAt = at
    this.#scratch.end = this.#resourceEnd
    this.#readLayer(leaves, at, SCOPE.attributes)
    for (const [field, name] of SCOPE_NAMES) {
      forEachMessage(this.#wire, at, field, (start, end) => {
        if (end > start) this.#attributes.addNamed(leaves, name, start, end)
      })
    }
    this.#scopeEnd = this.#scratch.end
  }

  #readLayer(leaves: OtlpLeaves, at: Span, field: number): void {
    leaves.clear()
    this.#attributes.begin()
    forEachMessage(this.#wire, at, field, (start, end) => this.#attributes.add(leaves, start, end))
  }

  #fields(start: number, end: number): void {
    const wire = this.#wire
    let [time, observed, eventName] = [0, 0, NOTHING]
    let [text, body, trace, span] = [NOTHING, NOTHING, NOTHING, NOTHING]
    this.level.number = 0
    wire.seek(start, end)
    while (wire.next()) {
      const { field, wireType, position } = wire
      if (wireType === WIRE.bytes) {
        const at = wire.span()
        const after = wire.position
        if (field === RECORD.attributes) {
          this.#attributes.add(this.#own, at, after)
          wire.seek(after, end)
        } else if (field === RECORD.body) body = { start: at, end: after }
        else if (field === RECORD.severityText) text = { start: at, end: after }
        else if (field === RECORD.traceId) trace = { start: at, end: after }
        else if (field === RECORD.spanId) span = { start: at, end: after }
        else if (field === RECORD.eventName) eventName = { start: at, end: after }
      } else if (wireType === WIRE.eight && field === RECORD.time) {
        wire.fixed64()
        time = wire.low === 0 && wire.high === 0 ? 0 : position
      } else if (wireType === WIRE.eight && field === RECORD.observedTime) {
        wire.fixed64()
        observed = wire.low === 0 && wire.high === 0 ? 0 : position
      } else if (wireType === WIRE.varint && field === RECORD.severityNumber) {
        this.level.number = wire.varint()
      } else wire.skip()
    }
    if (time > 0) this.#choose(FIELDS.time, time, time + 8)
    else if (observed > 0) this.#choose(FIELDS.observedTime, observed, observed + 8)
    if (this.level.isNumber || text.end > text.start) this.#text(FIELDS.level, text)
    this.#body(body)
    this.#id(FIELDS.traceId, trace, 16)
    this.#id(FIELDS.spanId, span, 8)
    this.#eventName(eventName)
  }

  #choose(slot: FieldSlot, start: number, end: number): void {
    this.chosen[slot.role] = this.count
    if (!this.#own.add(slot, KIND.plain, start, end)) this.chosen[slot.role] = -1
  }

  #text(slot: FieldSlot, { start, end }: Span): void {
    if (!this.#attributes.isText(start, end)) this.#own.refusal ??= NOT_UTF8
    this.#choose(slot, start, end)
  }

  /** A text is the message as it is, everything else is its JSON. */
  #body(body: Span): void {
    if (body.end === body.start) return
    const { value } = this.#attributes
    value.read(body.start, body.end)
    if (value.kind === 0) return
    if (value.kind === ANY_VALUE.string) return this.#text(FIELDS.message, value)
    const text = value.kind === ANY_VALUE.bytes ? value.base64 : this.#attributes.json(0)
    if (text === null) this.#own.refusal ??= TOO_DEEP
    else this.#choose(FIELDS.message, this.#scratch.text(text), this.#scratch.end)
  }

  /** An id of zeros is none; one of another length stays as an attribute. */
  #id(slot: FieldSlot, { start, end }: Span, width: number): void {
    const { bytes } = this
    let isZero = true
    for (let at = start; at < end && isZero; at++) isZero = bytes[at] === 0
    if (isZero) return
    const digits = this.#scratch.hex(start, end)
    if (end - start === width) this.#choose(slot, digits, this.#scratch.end)
    else this.#attributes.addNamed(this.#own, slot.key, digits, this.#scratch.end)
  }

  /** As it was an attribute before it had a field; one that is there wins. */
  #eventName({ start, end }: Span): void {
    if (end === start || this.#own.slots.slice(0, this.count).some(isEventName)) return
    this.#attributes.addNamed(this.#own, EVENT_NAME, start, end)
  }

  #ownLayer(): void {
    for (let leaf = 0; leaf < this.count; leaf++) {
      const slot = this.slots[leaf] as FieldSlot
      if (slot.role < 0) this.#isHidden(slot as OtlpKey, LAYER.record)
      this.#countBytes(leaf)
    }
  }

  #layer(leaves: OtlpLeaves, layer: number): void {
    const own = this.#own
    for (let leaf = 0; leaf < leaves.count; leaf++) {
      const slot = leaves.slots[leaf] as FieldSlot
      if (slot.role >= 0) this.chosen[slot.role] = own.count
      else if (this.#isHidden(slot as OtlpKey, layer)) continue
      const [start, end] = [leaves.starts[leaf] as number, leaves.ends[leaf] as number]
      if (!own.add(slot, leaves.kinds[leaf] as number, start, end)) {
        own.refusal ??= TOO_MANY
        return
      }
      this.#countBytes(own.count - 1)
    }
  }

  /** True = an inner layer has a value of the key. */
  #isHidden({ mark }: OtlpKey, layer: number): boolean {
    if (mark.record === this.#record) {
      this.#isJoined ||= mark.layer === layer
      return mark.layer !== layer
    }
    mark.record = this.#record
    mark.layer = layer
    return false
  }

  #countBytes(leaf: number): void {
    this.rawBytes += VALUE_BYTES + (this.ends[leaf] as number) - (this.starts[leaf] as number)
  }
}

const EVENT_NAME = 'event.name'
const SCOPE_NAMES = [
  [SCOPE.name, 'scope.name'],
  [SCOPE.version, 'scope.version'],
] as const

function fieldOf(key: string, role: number): FieldSlot {
  return { key, role, isTooLong: false, columns: undefined }
}

function isEventName(slot: FieldSlot): boolean {
  return slot.key === EVENT_NAME
}

/** The attributes of a resource that are fields, the first of each. */
function nameFields({ slots, kinds, count }: OtlpLeaves): void {
  for (const field of [FIELDS.service, FIELDS.host]) {
    const leaf = slots.findIndex(({ key }, at) => at < count && key === field.key)
    if (leaf >= 0 && (kinds[leaf] as number) <= KIND.false) slots[leaf] = field
  }
}
