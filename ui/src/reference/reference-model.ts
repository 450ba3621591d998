/** The OpenAPI document as the reference shows it: plain lists, every shape as text. */

export interface OpenApiDocument {
  readonly info: { readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema?: unknown }>>

export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly description?: string
  readonly required: boolean
  readonly schema: { readonly enum?: readonly string[]; readonly default?: unknown }
}

export interface ReferenceRoute {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly who: string
  readonly parameters: readonly Parameter[]
  /** Shape of the body in JSON; null = none is taken. */
  readonly body: string | null
  readonly answers: readonly ReferenceAnswer[]
}

export interface ReferenceAnswer {
  readonly status: string
  readonly description: string
  readonly shape: string | null
}

export interface ReferenceGroup {
  readonly title: string
  readonly routes: readonly ReferenceRoute[]
}

const WHO: Readonly<Record<string, string>> = {
  key: 'a key',
  session: 'a session',
  admin: "the administrator's token",
}

export function groupsOf(document: OpenApiDocument): ReferenceGroup[] {
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      tag: operation.tags[0],
      route: routeOf(method, path, operation, document),
    })),
  )
  return document.tags
    .map(({ name, description }) => ({
      title: description,
      routes: routes.filter(({ tag }) => tag === name).map(({ route }) => route),
    }))
    .filter(group => group.routes.length > 0)
}

function routeOf(
  method: string,
  path: string,
  operation: Operation,
  { components }: OpenApiDocument,
): ReferenceRoute {
  const { operationId: id, summary, description = '', security, parameters } = operation
  const shape = (schema: unknown): string => shapeText(schema, components.schemas)
  const body = operation.requestBody?.content['application/json']?.schema
  const names = security
    .flatMap(each => Object.entries(each))
    .map(([name, scopes]) => [WHO[name] ?? name, ...scopes.map(scope => `(${scope})`)].join(' '))
  return {
    id,
    method: method.toUpperCase(),
    path,
    summary,
    description,
    who: names.length === 0 ? 'anybody' : names.join(', '),
    parameters,
    body: body === undefined ? null : shape(body),
    answers: Object.entries(operation.responses).map(([status, answer]) => {
      const schema = answer.content?.['application/json']?.schema
      const isProblem = Number(status) >= 400
      return {
        status,
        description: answer.description,
        shape: schema === undefined || isProblem ? null : shape(schema),
      }
    }),
  }
}

const INDENT = '  '
/** Shapes within shapes are not followed for ever. */
const DEPTH_MAX = 8

interface Shape {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: Shape | boolean
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
}

/** A JSON Schema as people write types: `{ limit?: integer = 100  // … }`. */
export function shapeText(
  schema: unknown,
  named: Readonly<Record<string, unknown>>,
  indent = '',
): string {
  const shape = schema as Shape
  if (indent.length > DEPTH_MAX * INDENT.length) return '…'
  const deeper = (inner: unknown): string => shapeText(inner, named, indent)
  if (shape.$ref !== undefined) return deeper(named[shape.$ref.split('/').at(-1) ?? ''] ?? {})
  if (shape.anyOf !== undefined) return shape.anyOf.map(deeper).join(' | ')
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum !== undefined) return shape.enum.map(each => JSON.stringify(each)).join(' | ')
  if (shape.items !== undefined) return `[${deeper(shape.items)}]`
  if (shape.properties !== undefined) return membersText(shape, named, indent)
  if (typeof shape.additionalProperties === 'object') {
    return `{ …: ${deeper(shape.additionalProperties)} }`
  }
  return Array.isArray(shape.type) ? shape.type.join(' | ') : String(shape.type ?? 'any')
}

function membersText(
  { properties = {}, required = [] }: Shape,
  named: Readonly<Record<string, unknown>>,
  indent: string,
): string {
  const inner = indent + INDENT
  const lines = Object.entries(properties).map(([name, member]) => {
    const mark = required.includes(name) ? '' : '?'
    const standard = member.default === undefined ? '' : ` = ${JSON.stringify(member.default)}`
    const note = member.description === undefined ? '' : `  // ${member.description}`
    return `${inner}${name}${mark}: ${shapeText(member, named, inner)}${standard}${note}`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** Path and query of a request, with the values that were typed in; empty ones are left out. */
export function requestPath(
  { path, parameters }: ReferenceRoute,
  values: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams()
  let filled = path
  for (const { in: place, name } of parameters) {
    const value = values[name] ?? ''
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value))
    if (place === 'query' && value !== '') query.set(name, value)
  }
  return query.size === 0 ? filled : `${filled}?${query}`
}
