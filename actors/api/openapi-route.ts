/** `GET /api/v1/openapi.json`: the document of all routes, made when it is first asked for. */
import { etagOf, withEtag } from '#actors/http/etag.ts'
import type { Route } from '#actors/http/http-server.ts'
import { answerOf, type EndpointDeps, endpoint } from './endpoint.ts'
import { observed } from './shapes.ts'

export function openApiRoute(deps: EndpointDeps, make: () => unknown): Route {
  let text: string | null = null
  return endpoint(deps, {
    method: 'GET',
    path: '/api/v1/openapi.json',
    tag: 'system',
    summary: 'This interface as an OpenAPI 3.1 document.',
    who: 'anyone',
    answers: { 200: answerOf('The document.', observed) },
    handle({ request }) {
      text ??= JSON.stringify(make())
      return withEtag(request, etagOf(text), {
        status: 200,
        headers: [
          ['content-type', 'application/json'],
          ['cache-control', 'no-cache'],
        ],
        body: text,
      })
    },
  })
}
