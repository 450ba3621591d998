/**
 * `POST /v1/logs`: OTLP over HTTP, in protobuf or JSON, answered in what it came in once all of it
 * is durable.
 */
import { toBinary, toJsonString } from '@bufbuild/protobuf'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, problemAnswer } from '#actors/http/problem.ts'
import { ExportLogsServiceResponseSchema } from '#proto/gen/otlp/v1/logs_pb.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { admitSender } from '../admit-sender.ts'
import { encodingOf } from '../decode-body.ts'
import { OTLP_ABOUT, refusedAbout } from './otlp-about.ts'
import type { OtlpDoor } from './otlp-door.ts'
import { httpStatusOf, statusBytes, statusJson, statusOf } from './otlp-status.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

const OTHER_SIGNALS = ['metrics', 'traces']

/** Logs, and a clear word to who sends what else OpenTelemetry has. */
export function otlpRoutes(door: OtlpDoor): Route[] {
  const route: Route = {
    method: 'POST',
    path: '/v1/logs',
    bodyBytesMax: BODY_BYTES_MAX,
    handle: request => answered(request, () => exportLogs(request, door)),
    about: OTLP_ABOUT,
  }
  return [route, ...OTHER_SIGNALS.map(refusalRoute)]
}

async function exportLogs(request: HttpRequest, door: OtlpDoor): Promise<HttpAnswer> {
  const { peer } = request
  const sender = await admitSender(request, door.admission)
  const { key } = sender
  const isJson = !isProtobuf(request)
  const encoding = encodingOf(request)
  const sent = await sender.body()
  const response = await door.take({ key, peer, body: sent, encoding, isJson })
  const body = isJson
    ? toJsonString(ExportLogsServiceResponseSchema, response)
    : toBinary(ExportLogsServiceResponseSchema, response)
  return { status: 200, headers: headersOf(isJson), body }
}

function refusalRoute(signal: string): Route {
  const detail = `${signal} are not taken over OTLP, only logs: POST /v1/logs`
  return {
    method: 'POST',
    path: `/v1/${signal}`,
    bodyBytesMax: BODY_BYTES_MAX,
    handle: request => refused(request, new HttpProblem('LOGBOY_NOT_FOUND', detail)),
    about: refusedAbout(signal),
  }
}

async function answered(
  request: HttpRequest,
  handle: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  try {
    return await handle()
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error
    return refused(request, error)
  }
}

/** With the headers of any other problem. */
function refused(request: HttpRequest, problem: HttpProblem): HttpAnswer {
  const { headers = [] } = problemAnswer(problem)
  const isJson = mediaTypeOf(request) !== PROTOBUF
  const status = statusOf(problem)
  return {
    status: httpStatusOf(problem),
    headers: [...headersOf(isJson), ...headers.filter(([name]) => !OWN_HEADERS.has(name))],
    body: isJson ? statusJson(status) : statusBytes(status),
  }
}

const OWN_HEADERS = new Set(['content-type', 'cache-control'])

function headersOf(isJson: boolean): [string, string][] {
  return [
    ['content-type', isJson ? JSON_TYPE : PROTOBUF],
    ['cache-control', 'no-store'],
  ]
}

/** Throws the HttpProblem of a body that is neither protobuf nor JSON. */
function isProtobuf(request: HttpRequest): boolean {
  const type = mediaTypeOf(request)
  if (type === PROTOBUF || type === JSON_TYPE) return type === PROTOBUF
  const detail = `Content-Type has to be ${PROTOBUF} or ${JSON_TYPE}`
  throw new HttpProblem('LOGBOY_MEDIA_UNSUPPORTED', detail)
}

function mediaTypeOf(request: HttpRequest): string {
  return (request.header('content-type') ?? '').split(';', 1).join('').trim().toLowerCase()
}
