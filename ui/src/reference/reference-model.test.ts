import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf, type OpenApiDocument, requestPath, shapeText } from './reference-model.ts'

const DOCUMENT: OpenApiDocument = {
  info: { version: '1', description: '' },
  tags: [
    { name: 'logs', description: 'Finding logs' },
    { name: 'empty', description: 'Nothing' },
  ],
  paths: {
    '/logs/{id}': {
      get: {
        operationId: 'getLogsId',
        tags: ['logs'],
        summary: 'One log.',
        security: [{ key: ['read'] }, { session: [] }],
        parameters: [
          { in: 'path', name: 'id', required: true, schema: {} },
          { in: 'query', name: 'project', required: false, schema: {} },
        ],
        responses: {
          200: {
            description: 'The log.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Row' } } },
          },
          404: { description: 'LOGBOY_NOT_FOUND' },
        },
      },
    },
  },
  components: {
    schemas: { Row: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } },
  },
}

test('routes stand in groups, with who may call them and what they answer', () => {
  const groups = groupsOf(DOCUMENT)
  assert.deepEqual(
    groups.map(({ title }) => title),
    ['Finding logs'],
  )
  const [route] = groups[0]?.routes ?? []
  assert.equal(route?.who, 'a key (read), a session')
  assert.deepEqual(route.answers, [
    { status: '200', description: 'The log.', shape: '{\n  id: string\n}' },
    { status: '404', description: 'LOGBOY_NOT_FOUND', shape: null },
  ])
})

test('a request has the values that were typed in, and no empty ones', () => {
  const route = groupsOf(DOCUMENT)[0]?.routes[0]
  assert.ok(route !== undefined)
  assert.equal(requestPath(route, { id: 'a/b' }), '/logs/a%2Fb')
  assert.equal(requestPath(route, { id: 'x', project: 'p q' }), '/logs/x?project=p+q')
})

test('shapes read as types, and end where they contain themselves', () => {
  const members = {
    properties: {
      limit: { type: 'integer', default: 100, description: 'rows' },
      levels: { type: 'array', items: { enum: ['a', 'b'] } },
      counts: { type: 'object', additionalProperties: { type: 'number' } },
    },
    required: ['levels'],
  }
  assert.equal(
    shapeText(members, {}),
    '{\n  limit?: integer = 100  // rows\n  levels: ["a" | "b"]\n  counts?: { …: number }\n}',
  )
  const tree = { properties: { child: { $ref: '#/components/schemas/Tree' } } }
  assert.match(shapeText(tree, { Tree: tree }), /…/)
})
