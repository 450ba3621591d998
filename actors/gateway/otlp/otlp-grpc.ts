/**
 * OTLP over gRPC: one request with logs, one answer. Read as a stream of one message, so that
 * whoever has no key is refused before the message is taken.
 */
import { toBinary } from '@bufbuild/protobuf'
import {
  type handleClientStreamingCall,
  Metadata,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { HttpProblem } from '#actors/http/problem.ts'
import { ExportLogsServiceResponseSchema } from '#proto/gen/otlp/v1/logs_pb.ts'
import { toError } from '#runtime/index.ts'
import { authenticateKey, bearerIn } from '../authenticate.ts'
import type { OtlpDoor } from './otlp-door.ts'
import { statusBytes, statusOf } from './otlp-status.ts'

export const EXPORT_LOGS_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

type Call = ServerReadableStream<Buffer, Uint8Array>
type Answer = sendUnaryData<Uint8Array>

/** The handler of the method; `peerOf` tells the address of a caller. */
export function exportLogs(
  door: OtlpDoor,
  peerOf: (call: Call) => string,
): handleClientStreamingCall<Buffer, Uint8Array> {
  return (call, answer) => {
    serve(call, door, peerOf(call)).then(
      bytes => answer(null, bytes),
      (error: unknown) => refuse(error, door, answer),
    )
  }
}

async function serve(call: Call, door: OtlpDoor, peer: string): Promise<Uint8Array> {
  const key = await authenticateKey(keyOf(call), door.admission.verifier, 'ingest')
  const body = await onlyMessage(call)
  const request = { key, peer, body, encoding: 'identity', isJson: false } as const
  return toBinary(ExportLogsServiceResponseSchema, await door.take(request))
}

function keyOf({ metadata }: Call): string {
  const [header = ''] = metadata.get('authorization')
  const key = bearerIn(String(header))
  if (key !== null) return key
  throw new HttpProblem('LOGBOY_KEY_MISSING', 'send a key: metadata authorization: Bearer KEY')
}

async function onlyMessage(call: Call): Promise<Uint8Array<ArrayBuffer>> {
  const messages: Buffer<ArrayBuffer>[] = []
  try {
    for await (const message of call as AsyncIterable<Buffer<ArrayBuffer>>) {
      if (messages.push(message) > 1) break
    }
  } catch {
    // Also where the message was too long: whoever sent it has been told.
    throw new HttpProblem('LOGBOY_CALLER_GONE', 'the caller went away')
  }
  const [only] = messages
  if (only !== undefined && messages.length === 1) return only
  throw new HttpProblem('LOGBOY_BAD_BODY', 'a request is one message')
}

function refuse(error: unknown, door: OtlpDoor, answer: Answer): void {
  if (!(error instanceof HttpProblem)) {
    door.onFault(toError(error), EXPORT_LOGS_PATH)
    return answer({ code: status.INTERNAL, details: 'the server failed to handle this' })
  }
  const told = statusOf(error)
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(statusBytes(told)))
  answer({ code: told.code, details: told.message, metadata })
}
