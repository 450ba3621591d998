/** A small document of the form that the server makes. */
import type { OpenApiDocument } from '../src/reference/reference-model.ts'

const session = [{ key: [] }, { session: [] }]

export const FAKE_OPENAPI: OpenApiDocument = {
  info: { version: '9.9.9', description: '' },
  tags: [
    { name: 'logs', description: 'Finding logs' },
    { name: 'sessions', description: 'Signing in' },
  ],
  paths: {
    '/api/v1/logs/search': {
      post: {
        operationId: 'postLogsSearch',
        tags: ['logs'],
        summary: 'Logs that match.',
        security: session,
        parameters: [],
        requestBody: {
          content: {
            'application/json': {
              schema: { properties: { limit: { type: 'integer', default: 100 } } },
            },
          },
        },
        responses: { 200: { description: 'A page of logs.' } },
      },
    },
    '/api/v1/session': {
      get: {
        operationId: 'getSession',
        tags: ['sessions'],
        summary: 'Who am I.',
        security: session,
        parameters: [],
        responses: { 200: { description: 'What the caller is.' } },
      },
    },
  },
  components: { schemas: {} },
}
