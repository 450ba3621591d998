/** The table of routes as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1). */
import { z } from 'zod/v4'
import type { Route, SocketRoute } from '#actors/http/http-server.ts'
import { PROBLEM_STATUS, type ProblemCode } from '#actors/http/problem-codes.ts'
import { ROUTE_TAGS, type RouteAbout, type RouteCaller } from '#actors/http/route-about.ts'
import { READ_KEY_PERMISSIONS } from './caller.ts'
import { problem } from './shapes.ts'

type Json = Readonly<Record<string, unknown>>

/** Routes that say nothing of themselves are pages, and left out. */
export function openApi(
  routes: readonly Route[],
  sockets: readonly SocketRoute[],
  version: string,
): Json {
  const components = new Components()
  const paths: Record<string, Record<string, unknown>> = {}
  const add = (method: string, path: string, about: RouteAbout | undefined): void => {
    if (about === undefined) return
    const named = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[named] = {
      ...paths[named],
      [method.toLowerCase()]: operation(about, { method, path: named }, components),
    }
  }
  for (const { method, path, about } of routes) add(method, path, about)
  for (const { path, about } of sockets) add('GET', path, about)
  return {
    openapi: '3.1.1',
    info: { title: 'Logboy', version, description: DESCRIPTION, license: LICENSE },
    servers: [{ url: '/' }],
    tags: Object.entries(ROUTE_TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: components.schemas, securitySchemes: SECURITY_SCHEMES },
  }
}

const DESCRIPTION =
  'Errors are problem documents (RFC 9457) with a stable `code`. Lists have limits; what is ' +
  'longer goes on with a cursor, which neither repeats nor leaves out a row.'
const LICENSE = { name: 'MIT', identifier: 'MIT' }
const SECURITY_SCHEMES = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of a project with the scope that the route names.',
  },
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token of `auth/login`, or a token that a person made (`lbt_…`).',
  },
  admin: { type: 'http', scheme: 'bearer', description: "The administrator's token." },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'logboy_session',
    description: 'Somebody signed in, from a page of the same origin.',
  },
}
const PEOPLE: readonly Json[] = [{ session: [] }, { token: [] }, { admin: [] }]
const SECURITY: Readonly<Record<RouteCaller, readonly Json[]>> = {
  anyone: [],
  page: [],
  sender: [{ key: ['ingest'] }],
  member: [{ key: ['read'] }, ...PEOPLE],
  caller: [{ key: ['read'] }, ...PEOPLE],
  person: PEOPLE,
  administrator: PEOPLE,
}

/** No key can do what its scopes do not allow. */
function securityOf({ who, needs = null }: RouteAbout): readonly Json[] {
  const isPeoples = needs !== null && !READ_KEY_PERMISSIONS.includes(needs)
  return isPeoples ? PEOPLE : SECURITY[who]
}

interface At {
  readonly method: string
  /** With names in braces. */
  readonly path: string
}

function operation(about: RouteAbout, { method, path }: At, components: Components): Json {
  const { tag, summary, body } = about
  const description = descriptionOf(about)
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(about),
    parameters: [...parametersOf(about), ...queryOf(about, components)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.entries(body.content).map(([mediaType, schema]) => [
                mediaType,
                { schema: components.input(schema) },
              ]),
            ),
          },
        }),
    responses: { ...answersOf(about, components), ...problemsOf(about.problems, components) },
  }
}

function descriptionOf({ description, needs = null }: RouteAbout): string | undefined {
  if (needs === null) return description
  return `${description === undefined ? '' : `${description} `}Needs the permission \`${needs}\`.`
}

/** `GET /api/v1/logs/{id}/context` → `getLogsIdContext`. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api\/v1/, '').match(/[a-z0-9]+/gi) ?? []
  const upper = words.map(word => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
  return `${method.toLowerCase()}${upper.join('')}`
}

function parametersOf({ parameters = [] }: RouteAbout): Json[] {
  return parameters.map(({ in: place, name, description, required }) => ({
    in: place,
    name,
    description,
    required,
    schema: { type: 'string' },
  }))
}

function queryOf({ query }: RouteAbout, components: Components): Json[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = components.input(query) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    in: 'query',
    name,
    ...(description === undefined ? {} : { description }),
    required: required.includes(name),
    schema,
  }))
}

function answersOf({ answers }: RouteAbout, components: Components): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType }]) => {
      const type = mediaType ?? (schema === null ? undefined : 'application/json')
      if (type === undefined) return [status, { description }]
      const of = schema === null ? {} : { schema: components.output(schema) }
      return [status, { description, content: { [type]: of } }]
    }),
  )
}

/** One answer per status, which tells its codes. */
function problemsOf(codes: readonly ProblemCode[], components: Components): Record<string, Json> {
  const byStatus = new Map<number, Set<ProblemCode>>()
  for (const code of [...codes, 'LOGBOY_INTERNAL' as const]) {
    const status = PROBLEM_STATUS[code]
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code))
  }
  const schema = components.output(problem)
  return Object.fromEntries(
    Array.from(byStatus, ([status, names]) => [
      String(status),
      {
        description: [...names].join(', '),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  )
}

/** Shapes with a name (`.meta({ id })`) stand in one place, however often they are used. */
class Components {
  readonly schemas: Record<string, Json> = {}

  /** What may be sent. */
  input(schema: z.ZodType): Json {
    return this.#hoist(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json)
  }

  /** What is answered: members may be added one day. */
  output(schema: z.ZodType): Json {
    const made = z.toJSONSchema(schema, {
      io: 'output',
      unrepresentable: 'any',
      override({ jsonSchema }) {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      },
    })
    return this.#hoist(made as Json)
  }

  #hoist(made: Json): Json {
    const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')
    const { $defs = {}, ...root } = JSON.parse(text) as Record<string, Json>
    delete root['$schema']
    for (const [name, shape] of Object.entries($defs)) this.#name(name, shape as Json)
    return typeof root['id'] === 'string' ? this.#name(root['id'], root) : root
  }

  #name(name: string, shape: Json): Json {
    const { [name]: known = shape } = this.schemas
    this.schemas[name] = Object.fromEntries(Object.entries(known).filter(([key]) => key !== 'id'))
    return { $ref: `#/components/schemas/${name}` }
  }
}
