/**
 * A project's JSON Schema for its records, compiled: draft 2020-12 over a record as a search shows
 * it (record-json.ts). What its author could use to keep a thread busy is refused: expressions that
 * are not linear, references, `uniqueItems`. So a check costs at most schema times record.
 */
import type { AnySchema, ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'
import { RECORD_SCHEMA_CHARS_MAX } from '#proto/limits.ts'
import type { PlainRecord } from './record-json.ts'

/** Says why a record does not fit; null = it does. */
export type RecordCheck = (record: PlainRecord) => string | null

export type CompiledSchema =
  | { readonly type: 'check'; readonly check: RecordCheck }
  | { readonly type: 'wrong'; readonly reason: string }

/** Projects with a schema that one thread sees in turn. */
const COMPILED_MAX = 64
const COSTLY = new Set(['$ref', '$dynamicRef', '$recursiveRef', 'uniqueItems'])
const VALUES_TOLD_CHARS = 200

const compiled = new Map<string, CompiledSchema>()

export function compileSchema(text: string): CompiledSchema {
  const known = compiled.get(text)
  if (known !== undefined) return known
  const fresh = compile(text)
  compiled.set(text, fresh)
  const oldest = compiled.keys().next()
  if (compiled.size > COMPILED_MAX && oldest.done !== true) compiled.delete(oldest.value)
  return fresh
}

function compile(text: string): CompiledSchema {
  if (text.length > RECORD_SCHEMA_CHARS_MAX) {
    return wrong(`the schema has ${text.length} characters, at most ${RECORD_SCHEMA_CHARS_MAX}`)
  }
  try {
    const schema = JSON.parse(text) as AnySchema
    const costly = findCostly(schema)
    if (costly !== null) return wrong(`${costly} is not supported in a schema of records`)
    return { type: 'check', check: checkOf(newAjv().compile(withoutDraft(schema))) }
  } catch (error) {
    return wrong(error instanceof RangeError ? 'the schema is nested too deep' : String(error))
  }
}

function wrong(reason: string): CompiledSchema {
  return { type: 'wrong', reason: reason.replace(/^\w*Error: /, '') }
}

/** One of its own for each schema: it would keep all it ever saw. */
function newAjv(): Ajv2020 {
  return new Ajv2020({
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    validateFormats: false,
    logger: false,
    code: { regExp: Object.assign(linearExpression, { code: '' }) },
  })
}

function linearExpression(pattern: string): RegExp {
  const engine = RE2JS.compile(RE2JS.translateRegExp(pattern))
  // Nothing else is asked of it; by its text Ajv tells expressions apart.
  const asked = { test: (text: string) => engine.matcher(text).find(), toString: () => pattern }
  return asked as RegExp
}

/** A draft that is named is told by its keywords, or refused by them. */
function withoutDraft(schema: AnySchema): AnySchema {
  if (typeof schema !== 'object') return schema
  const { $schema: _, ...rest } = schema
  return rest
}

function checkOf(validate: ValidateFunction): RecordCheck {
  return record => {
    if (validate(record)) return null
    const [error] = validate.errors ?? []
    return error === undefined ? 'does not fit the schema' : tell(error)
  }
}

function tell({ instancePath, message = 'does not fit', params, keyword }: ErrorObject): string {
  const where = instancePath === '' ? 'the record' : instancePath.slice(1)
  const { additionalProperty, allowedValues, allowedValue } = params as Record<string, unknown>
  const value = additionalProperty ?? allowedValues ?? allowedValue
  const told = value === undefined ? '' : `: ${JSON.stringify(value).slice(0, VALUES_TOLD_CHARS)}`
  return `schema: ${where} ${message}${told} (${keyword})`
}

/** The first keyword by which a schema could take more than its length; null = none. */
function findCostly(schema: unknown): string | null {
  if (typeof schema !== 'object' || schema === null) return null
  for (const [key, value] of Object.entries(schema)) {
    // A property of that name has a schema, not a text or a boolean.
    if (COSTLY.has(key) && typeof value !== 'object') return key
    const found = findCostly(value)
    if (found !== null) return found
  }
  return null
}
