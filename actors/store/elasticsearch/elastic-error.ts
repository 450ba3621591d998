/** Why Elasticsearch did not do what it was asked. */

/** Type of the error where an answer was longer than wanted. */
export const ANSWER_TOO_LARGE = 'answer_too_large'

export class ElasticError extends Error {
  readonly code = 'LOGBOY_ELASTICSEARCH'
  override readonly name = 'ElasticError'
  /** HTTP status; 0 = no answer: the server is away, or took too long. */
  readonly status: number
  /** Elasticsearch's own name of the error, such as `cluster_block_exception`. */
  readonly type: string

  constructor(status: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.type = type
  }

  /** It may work later, without anybody changing anything. */
  get isPassing(): boolean {
    return isPassing(this.status)
  }
}

/** No answer, too many requests, or a gateway's or the cluster's "not now". */
export function isPassing(status: number): boolean {
  return status === 0 || status === 429 || (status >= 502 && status <= 504)
}

/** The error in the body of an answer that is none of success. */
export function errorOf(status: number, body: Uint8Array, request: string): ElasticError {
  const { type, reason } = reasonOf(body)
  const message = `Elasticsearch answered ${status} to ${request}: ${reason}`
  return new ElasticError(status, type, message)
}

const REASON_CHARS_MAX = 500

interface ErrorBody {
  readonly error?:
    | string
    | {
        readonly type?: string
        readonly reason?: string
        readonly root_cause?: readonly { readonly type?: string; readonly reason?: string }[]
        readonly caused_by?: { readonly type?: string; readonly reason?: string }
      }
}

function reasonOf(body: Uint8Array): { readonly type: string; readonly reason: string } {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
  try {
    const { error } = JSON.parse(text) as ErrorBody
    if (typeof error === 'object') {
      const root = error.root_cause?.[0] ?? error
      const reasons = [error.reason, root.reason, error.caused_by?.reason].filter(Boolean)
      return {
        type: root.type ?? error.type ?? '',
        reason: [...new Set(reasons)].join('; ').slice(0, REASON_CHARS_MAX),
      }
    }
    if (typeof error === 'string') return { type: '', reason: error.slice(0, REASON_CHARS_MAX) }
  } catch {
    // A proxy's page, or nothing at all.
  }
  return { type: '', reason: text.slice(0, REASON_CHARS_MAX) }
}
