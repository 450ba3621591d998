/** Which types attributes have, and in which indices. */
import type { ElasticServer } from '../client.ts'
import { attributeField } from '../field-names.ts'
import type { AttributeFieldType } from '../index-template.ts'
import type { AttributeTypes } from './attribute-clause.ts'

interface FieldCapsAnswer {
  readonly fields: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly type: AttributeFieldType; readonly indices?: readonly string[] }>
      >
    >
  >
}

export async function attributeTypes(
  server: ElasticServer,
  indices: readonly string[],
  asked: readonly string[],
  signal?: AbortSignal,
): Promise<AttributeTypes> {
  const keys = [...new Set(asked)]
  if (keys.length === 0) return new Map()
  const { fields } = await server.json<FieldCapsAnswer>({
    method: 'POST',
    path: `/${indices.join(',')}/_field_caps`,
    query: { ignore_unavailable: true, allow_no_indices: true },
    body: { fields: keys.map(attributeField) },
    ...(signal === undefined ? {} : { signal }),
  })
  return new Map(
    keys.map(key => {
      const found = Object.values(fields[attributeField(key)] ?? {})
      return [key, found.map(({ type, indices: where = null }) => ({ type, indices: where }))]
    }),
  )
}
