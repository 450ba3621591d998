import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { BatchKind, type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'

/** An envelope with only what a test cares about named. */
export function envelopeOf(fields: MessageInitShape<typeof EnvelopeSchema>): Envelope {
  return create(EnvelopeSchema, {
    version: 1,
    kind: BatchKind.LOGS,
    schema: 1,
    projectId: 'project0aa',
    keyId: 'key000000aaa',
    producer: 1n,
    sequence: 1n,
    recordCount: 1,
    ...fields,
  })
}
