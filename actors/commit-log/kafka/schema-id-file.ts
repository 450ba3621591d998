/** Schema ids of earlier starts in one small file: a registry that is away then keeps nobody out */
import type { Disk } from '#runtime/disk.ts'
import type { SchemaIdCache } from './schema-registry.ts'

export class SchemaIdFile implements SchemaIdCache {
  readonly #disk: Disk
  readonly #path: string
  readonly #ids: Map<string, number>

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
    this.#ids = new Map(Object.entries(readIds(disk, path)))
  }

  get(key: string): number | undefined {
    return this.#ids.get(key)
  }

  /** Written whole or not at all; without it the registry is asked again. */
  set(key: string, id: number): void {
    if (this.#ids.get(key) === id) return
    this.#ids.set(key, id)
    const temporary = `${this.#path}.tmp`
    this.#disk.remove(temporary)
    const file = this.#disk.open(temporary, 'create')
    file.write([Buffer.from(JSON.stringify(Object.fromEntries(this.#ids)))], 0)
    file.sync()
    file.close()
    this.#disk.rename(temporary, this.#path)
  }
}

/** What cannot be read counts as nothing. */
function readIds(disk: Disk, path: string): Record<string, number> {
  if (!disk.exists(path)) return {}
  const file = disk.open(path, 'read')
  try {
    const bytes = Buffer.alloc(file.size())
    file.read(bytes, 0)
    return JSON.parse(bytes.toString()) as Record<string, number>
  } catch {
    return {}
  } finally {
    file.close()
  }
}
