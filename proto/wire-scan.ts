/**
 * Splits one protobuf message into its fields without decoding them, with protobuf's own rules for
 * fields that come several times: scalars and bytes keep the last, messages merge (which is to join
 * their bytes), lists go on, packed or not. Unknown fields, and known ones in another wire type,
 * are passed over.
 */
import { WIRE, WireError, WireReader } from './wire.ts'

export type FieldRule =
  | 'varint'
  | 'fixed64'
  | 'bytes'
  | 'message'
  | 'messages'
  | 'varints'
  | 'fixed64s'

/** Rules by field number; a hole is a field we do not know. */
export type MessageRules = readonly (FieldRule | undefined)[]

/** What stood in one message, by field number. */
export interface MessageFields {
  /** Low and high halves of varint and fixed64 fields; 0 where absent. */
  readonly low: number[]
  readonly high: number[]
  /** Bytes of bytes, message and packed fields; undefined where absent. */
  readonly view: (Uint8Array | undefined)[]
  /** Each occurrence of a `messages` field. */
  readonly views: Uint8Array[]
}

/** Scans a whole message; at most one field may have the rule 'messages'. */
export function scanMessage(bytes: Uint8Array, rules: MessageRules): MessageFields {
  const fields: MessageFields = {
    low: rules.map(() => 0),
    high: rules.map(() => 0),
    view: rules.map(() => undefined),
    views: [],
  }
  const pieces: Uint8Array[][] = []
  const reader = new WireReader(bytes)
  while (reader.next()) {
    const rule = rules[reader.field]
    if (rule === undefined || !take(reader, rule, fields, pieces)) reader.skip()
  }
  for (const field of Object.keys(pieces)) {
    fields.view[Number(field)] = join(pieces[Number(field)] as Uint8Array[])
  }
  return fields
}

/** Takes the value of the reader's field; false = it has a wire type that the field cannot have. */
function take(
  reader: WireReader,
  rule: FieldRule,
  fields: MessageFields,
  pieces: Uint8Array[][],
): boolean {
  const { field, wireType } = reader
  if (wireType === WIRE.bytes) {
    if (rule === 'varint' || rule === 'fixed64') return false
    const view = reader.view()
    if (rule === 'varints' && (view[view.length - 1] as number) >= 0x80) {
      throw new WireError('varint beyond the end')
    }
    if (rule === 'messages') fields.views.push(view)
    else if (rule === 'bytes' || fields.view[field] === undefined) fields.view[field] = view
    else append(field, view, fields, pieces)
    return true
  }
  if (wireType === WIRE.varint && (rule === 'varint' || rule === 'varints')) {
    const start = reader.position
    reader.varint()
    if (rule === 'varints') {
      append(field, reader.bytes.subarray(start, reader.position), fields, pieces)
      return true
    }
  } else if (wireType === WIRE.eight && (rule === 'fixed64' || rule === 'fixed64s')) {
    const start = reader.position
    reader.fixed64()
    if (rule === 'fixed64s') {
      append(field, reader.bytes.subarray(start, reader.position), fields, pieces)
      return true
    }
  } else return false
  fields.low[field] = reader.low
  fields.high[field] = reader.high
  return true
}

/** Pieces are joined once at the end: joining at each would make many small ones quadratic. */
function append(
  field: number,
  piece: Uint8Array,
  fields: MessageFields,
  pieces: Uint8Array[][],
): void {
  const first = fields.view[field]
  if (first === undefined) fields.view[field] = piece
  else if (pieces[field] === undefined) pieces[field] = [first, piece]
  else pieces[field].push(piece)
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
