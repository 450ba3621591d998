/** Errors as attributes, named as OpenTelemetry names them. */
import { jsonText } from '../proto/json-text.ts'

/** Names under which applications hand over "the" error of a record. */
const ERROR_KEYS: readonly string[] = ['err', 'error', 'exception']
const CAUSES_MAX = 8

/** Attributes of an error: under `exception`, or under the key it was given. */
export function errorAttributes(error: Error, key: string): Readonly<Record<string, unknown>> {
  const name = ERROR_KEYS.includes(key) ? 'exception' : key
  const causes = causesOf(error)
  return {
    [`${name}.type`]: error.name,
    [`${name}.message`]: error.message,
    [`${name}.stacktrace`]: stackOf(error),
    ...(causes.length > 0 ? { [`${name}.cause`]: causes.join('\n') } : {}),
    ...('code' in error && isShort(error.code) ? { [`${name}.code`]: error.code } : {}),
  }
}

function stackOf(error: Error): string {
  return typeof error.stack === 'string' ? error.stack : `${error.name}: ${error.message}`
}

function isShort(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function causesOf(error: Error): string[] {
  const causes: string[] = []
  let cause: unknown = error.cause
  while (cause !== undefined && causes.length < CAUSES_MAX) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : jsonText(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}
