/** Our topic as others read it: kcat, the registry, a Protobuf library that knows nothing of us. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import { envelopeOf } from '../testing/envelopes.ts'
import { batchOfEverything } from '../testing/golden-records.ts'
import { newArena } from '../testing/journals.ts'
import { KAFKA_BROKERS, newKafkaWorld } from '../testing/kafkas.ts'
import { registerSchema, schemaText } from './schema-registry.ts'

const registryUrl = process.env['SCHEMA_REGISTRY_URL']
const hasKcat = spawnSync('kcat', ['-V']).status === 0
const skip = whyNot()

function whyNot(): string | false {
  if (KAFKA_BROKERS === undefined || registryUrl === undefined) {
    return 'KAFKA_BROKERS or SCHEMA_REGISTRY_URL is not set'
  }
  return hasKcat ? false : 'kcat is not installed'
}

/** As protobufjs gives a LogBatch; numbers over 32 bits as text. */
interface Decoded {
  readonly recordCount: number
  readonly timeBaseNs: string
  readonly severities: Buffer
  readonly service: { readonly entries: { readonly heap: Buffer } }
  readonly message: { readonly lengths: readonly number[]; readonly heap: Buffer }
  readonly attributes: readonly { readonly key: string; readonly type: string }[]
}

interface Protobufjs {
  parse(text: string): {
    readonly root: {
      lookupType(name: string): {
        decode(bytes: Uint8Array): unknown
        toObject(message: unknown, options: object): Decoded
      }
    }
  }
}

test('kcat, the registered schema and a plain decoder give back every column', {
  skip,
}, async () => {
  const brokers = KAFKA_BROKERS ?? []
  const world = await newKafkaWorld(brokers, { partitions: 1 })
  const arena = newArena()
  const onTrouble = (error: Error): never => {
    throw error
  }
  const cache = new Map<string, number>()
  const registry = { url: registryUrl ?? '', cache, clock: systemClock, onTrouble }
  const schemaId = await registerSchema(registry, schemaText('logs', world.topic))
  const log = await world.open(arena, { schemaId })
  try {
    const batch = arena.allocate(batchOfEverything().length)
    assert.ok(batch)
    batch.view.set(batchOfEverything())
    const outcome = await log.append({ envelope: envelopeOf({ recordCount: 3 }), batch })
    assert.equal(outcome.type, 'durable')
    batch.release()

    const from = ['-C', '-q', '-b', brokers.join(), '-t', world.topic, '-c', '1']
    const value = spawnSync('kcat', [...from, '-f', '%s']).stdout
    const headers = spawnSync('kcat', [...from, '-f', '%h']).stdout
    assert.match(headers.toString('latin1'), /^logboy-envelope=/)
    assert.equal(value[0], 0)
    const decoded = await decode(value.readInt32BE(1), value.subarray(6))
    assert.equal(decoded.recordCount, 3)
    assert.equal(decoded.timeBaseNs, '1790000000000000007')
    assert.deepEqual([...decoded.severities], [9, 0, 17])
    assert.equal(decoded.service.entries.heap.toString(), 'checkout')
    assert.deepEqual(decoded.message.lengths, [4, 0, 6])
    assert.equal(decoded.message.heap.toString(), 'paid日本')
    assert.deepEqual(
      decoded.attributes.map(({ key, type }) => [key, type.replace('ATTRIBUTE_TYPE_', '')]),
      [
        ['text', 'STRING'],
        ['whole', 'INT'],
        ['part', 'DOUBLE'],
        ['yes', 'BOOL'],
        ['list', 'JSON'],
      ],
    )
  } finally {
    await log.close()
    await world.close()
  }
})

/** As any consumer with a registry does: the id in the frame names the schema. */
async function decode(schemaId: number, bytes: Uint8Array): Promise<Decoded> {
  const answer = await fetch(`${registryUrl}/schemas/ids/${schemaId}`)
  const { schema } = (await answer.json()) as { schema: string }
  const protobufjs = createRequire(import.meta.url)('protobufjs') as Protobufjs
  const type = protobufjs.parse(schema).root.lookupType('logboy.v1.LogBatch')
  return type.toObject(type.decode(bytes), { longs: String, enums: String })
}
