/** The envelope beside a batch, as bytes: the generated code with a check of the version. */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type Envelope, EnvelopeSchema } from './gen/logboy/v1/envelope_pb.ts'

/** Version this program writes, and the highest it reads. */
export const ENVELOPE_VERSION = 1

/** An envelope that cannot be read: damaged, or written by a newer version. */
export class EnvelopeError extends Error {
  readonly code: 'LOGBOY_ENVELOPE_INVALID' | 'LOGBOY_ENVELOPE_NEWER'
  override readonly name = 'EnvelopeError'

  constructor(code: EnvelopeError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Writes an envelope, stamped with the version of this program. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return toBinary(EnvelopeSchema, { ...envelope, version: ENVELOPE_VERSION })
}

/** Reads an envelope; throws EnvelopeError where it is damaged or of a newer version. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  let envelope: Envelope
  try {
    envelope = fromBinary(EnvelopeSchema, bytes)
  } catch (cause) {
    throw new EnvelopeError('LOGBOY_ENVELOPE_INVALID', 'envelope is damaged', { cause })
  }
  if (envelope.version === 0) {
    throw new EnvelopeError('LOGBOY_ENVELOPE_INVALID', 'envelope has no version')
  }
  if (envelope.version > ENVELOPE_VERSION) {
    const newer = `envelope has version ${envelope.version}, this program reads ${ENVELOPE_VERSION}`
    throw new EnvelopeError('LOGBOY_ENVELOPE_NEWER', newer)
  }
  return envelope
}
