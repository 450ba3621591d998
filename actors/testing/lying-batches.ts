/** Batches that no honest sender writes: each is invalid as a whole. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { testBatch } from '#actors/gateway/testing/ingest-world.ts'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'

type Fields = Extract<MessageInitShape<typeof LogBatchSchema>, { readonly $typeName?: never }>

const sound: Fields = {
  recordCount: 1,
  timeBaseNs: 1_700_000_000_000_000_000n,
  timeDeltas: [0n],
  severities: Uint8Array.of(9),
  message: { lengths: [1], heap: Buffer.from('x') },
}

function lie(fields: Fields): Uint8Array {
  return toBinary(LogBatchSchema, create(LogBatchSchema, { ...sound, ...fields }))
}

const a = { lengths: [1], heap: Buffer.from('a') }
/** By what is wrong with them. */
export const LYING_BATCHES: Readonly<Record<string, Uint8Array>> = {
  'nothing at all': new Uint8Array(0),
  'no protobuf': Buffer.alloc(100, 0xff),
  'half a batch': testBatch(50).subarray(0, 300),
  'a text longer than the heap': lie({ message: { lengths: [1_000], heap: Buffer.from('x') } }),
  'lengths beyond 32 bits': lie({
    recordCount: 2,
    timeDeltas: [0n, 0n],
    severities: Uint8Array.of(9, 9),
    message: { lengths: [0xffffffff, 2], heap: Buffer.from('x') },
  }),
  'more records than values': lie({ recordCount: 4_000_000_000 }),
  'fewer severities than records': lie({ severities: new Uint8Array(0) }),
  'a dictionary index out of range': lie({ service: { entries: a, indexes: [5] } }),
  'an id of half its width': lie({
    traceId: { presence: new Uint8Array(0), heap: Buffer.alloc(8) },
  }),
  'text that is not UTF-8': lie({ message: { lengths: [1], heap: Buffer.from([0xff]) } }),
  'an attribute without values': lie({ attributes: [{ key: 'k', type: 2 }] }),
}
