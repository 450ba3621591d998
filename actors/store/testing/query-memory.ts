import { QueryMemory } from '../query-memory.ts'

/** More than any test that is not about it needs. */
export function ampleMemory(): QueryMemory {
  const perQueryBytes = 256 * 1024 * 1024
  return new QueryMemory({ perQueryBytes, perProjectBytes: 2 * perQueryBytes })
}
