/** Field numbers of log_batch.proto and how each field is read, for its reader and its writer. */
import type { AttributeType } from './columns.ts'
import type { MessageRules } from './wire-scan.ts'

export const BATCH = {
  recordCount: 1,
  timeBase: 2,
  timeUnit: 3,
  timeDeltas: 4,
  timeMissing: 5,
  severities: 6,
  severityText: 7,
  service: 8,
  host: 9,
  file: 10,
  message: 11,
  traceId: 12,
  spanId: 13,
  attributes: 14,
  sdkName: 15,
  sdkVersion: 16,
  kind: 17,
} as const
export const BATCH_RULES: MessageRules = [
  undefined,
  'varint',
  'fixed64',
  'varint',
  'varints',
  'bytes',
  'bytes',
  'message',
  'message',
  'message',
  'message',
  'message',
  'message',
  'message',
  'messages',
  'bytes',
  'bytes',
  'varint',
]
export const TEXTS = { lengths: 1, heap: 2 } as const
export const TEXTS_RULES: MessageRules = [undefined, 'varints', 'bytes']
export const DICTIONARY = { entries: 1, indexes: 2 } as const
export const DICTIONARY_RULES: MessageRules = [undefined, 'message', 'varints']
export const IDS = { presence: 1, heap: 2 } as const
export const IDS_RULES: MessageRules = [undefined, 'bytes', 'bytes']
export const ATTRIBUTE = {
  key: 1,
  type: 2,
  presence: 3,
  dictionary: 4,
  texts: 5,
  ints: 6,
  doubles: 7,
  bools: 8,
} as const
export const ATTRIBUTE_RULES: MessageRules = [
  undefined,
  'bytes',
  'varint',
  'bytes',
  'message',
  'message',
  'varints',
  'fixed64s',
  'bytes',
]
export const ATTRIBUTE_TYPES: readonly (AttributeType | undefined)[] = [
  undefined,
  's',
  'i',
  'd',
  'b',
  'j',
]
