/** Field numbers of what OpenTelemetry sends, as proto/otlp/v1/logs.proto has them. */

export const REQUEST = { resourceLogs: 1 } as const
export const RESOURCE_LOGS = { resource: 1, scopeLogs: 2 } as const
export const RESOURCE = { attributes: 1 } as const
export const SCOPE_LOGS = { scope: 1, logRecords: 2 } as const
export const SCOPE = { name: 1, version: 2, attributes: 3 } as const
export const RECORD = {
  time: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  traceId: 9,
  spanId: 10,
  observedTime: 11,
  eventName: 12,
} as const
export const KEY_VALUE = { key: 1, value: 2 } as const
export const ANY_VALUE = {
  string: 1,
  bool: 2,
  int: 3,
  double: 4,
  array: 5,
  kvlist: 6,
  bytes: 7,
} as const
/** Of an array and of a list of keys and values alike. */
export const LIST_VALUES = 1
