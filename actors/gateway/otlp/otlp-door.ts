/** Takes the logs of one request of OpenTelemetry, by whichever protocol it came. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { tellRefused } from '#actors/commit-log/dead-letters/refused-records.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import {
  type ExportLogsServiceResponse,
  ExportLogsServiceResponseSchema,
} from '#proto/gen/otlp/v1/logs_pb.ts'
import type { AdmissionDeps } from '../admit-sender.ts'
import type { DecodedRequest } from '../decode-body.ts'
import type { BodyEncoding } from '../json/inflate.ts'
import type { RequestIntake } from '../request-intake.ts'
import type { RequestStoreDeps } from '../request-store.ts'

export interface OtlpRequest {
  readonly key: VerifiedKey
  readonly peer: string
  readonly body: Uint8Array<ArrayBuffer>
  readonly encoding: BodyEncoding
  /** JSON, not protobuf. */
  readonly isJson: boolean
}

/** Senders repeat by themselves what was answered 503. */
const REPEAT_ADVICE = 'OTLP has no mark of a repeat, so what is sent again may be there twice'

export class OtlpDoor {
  readonly #deps: RequestStoreDeps
  readonly #intake: RequestIntake

  constructor(deps: RequestStoreDeps, intake: RequestIntake) {
    this.#deps = deps
    this.#intake = intake
  }

  /** Who may come in is judged by this. */
  get admission(): AdmissionDeps {
    return this.#deps
  }

  get onFault(): RequestStoreDeps['onFault'] {
    return this.#deps.onFault
  }

  /** Settles once all records are durable; throws the HttpProblem of what is not taken. */
  async take(request: OtlpRequest): Promise<ExportLogsServiceResponse> {
    const { key, peer, body, encoding, isJson } = request
    const { clock, meter, letters } = this.#deps
    const receivedMs = clock.monotonicMs()
    const refused = (bytes: Uint8Array, reason: string): void =>
      letters.drop({ projectId: key.projectId, source: 'otlp', reason, bytes })
    const decoded = await this.#intake.decode(body, {
      format: isJson ? 'otlp-json' : 'otlp',
      encoding,
      hash: false,
      timeZone: key.timeZone,
      recordSchema: key.recordSchema,
      refused,
    })
    await this.#intake.store.store(decoded.chunks, {
      key,
      peer,
      keyed: null,
      repeatAdvice: REPEAT_ADVICE,
    })
    meter.acknowledged(clock.monotonicMs() - receivedMs)
    const told = tellRefused(decoded.rejected, decoded.rejectedMore)
    if (decoded.refused !== null) refused(decoded.refused, told)
    return create(ExportLogsServiceResponseSchema, replyOf(decoded, told))
  }
}

type Reply = MessageInitShape<typeof ExportLogsServiceResponseSchema>

function replyOf({ rejected, rejectedMore }: DecodedRequest, told: string): Reply {
  const count = rejected.length + rejectedMore
  if (count === 0) return {}
  return { partialSuccess: { rejectedLogRecords: BigInt(count), errorMessage: told } }
}
