/** The indices that this process writes to: places, made once, with the types of their fields. */
import type { PlacedPeriod, Placement, Placements } from '#actors/catalog/placements.ts'
import type { KnownTypes } from './attribute-types.ts'
import type { ElasticServer } from './client.ts'
import { ElasticError } from './elastic-error.ts'
import { ATTRIBUTES, attributeField, FIELDS, unescapeKey } from './field-names.ts'
import { type IndexNames, periodOf, periodRange } from './index-names.ts'
import {
  ATTRIBUTE_FIELDS_MAX,
  type AttributeFieldType,
  attributeMapping,
} from './index-template.ts'
import { choosePlacement } from './placement-policy.ts'

export interface PlacesOptions {
  readonly server: ElasticServer
  readonly names: IndexNames
  readonly placements: Placements
  /** How long a project's rows are kept. */
  readonly retentionDaysOf: (projectId: string) => Promise<number>
}

/** An index that is there. */
export interface IndexPlace {
  readonly index: string
  readonly types: KnownTypes
}

/** Places kept in memory: a day of every project of a large installation, and some of yesterday. */
const PLACES_MAX = 20_000

export class IndexPlaces {
  readonly #options: PlacesOptions
  readonly #indices = new Map<string, Promise<string>>()
  readonly #types = new Map<string, Promise<KnownTypes>>()
  /** Made by a version before slots. */
  readonly #older = new Set<string>()
  /** One change of a mapping at a time, so that the cap holds. */
  #mapping: Promise<unknown> = Promise.resolve()

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /** Where rows of a project go that were received then. The same answer for ever. */
  async of(projectId: string, receivedAtUs: number): Promise<IndexPlace> {
    const period = periodOf(receivedAtUs)
    const index = await remember(this.#indices, `${projectId} ${period}`, () =>
      this.#place(projectId, period),
    )
    return { index, types: await this.#typesOf(index) }
  }

  /** Gives new keys their fields, as far as there is room; whoever was first decides. */
  async addTypes(index: string, proposed: ReadonlyMap<string, AttributeFieldType>): Promise<void> {
    const turn = this.#mapping.then(() => this.#addTypes(index, proposed))
    this.#mapping = turn.catch(() => undefined)
    await turn
  }

  /** The index may be gone, or be another one of the same name. */
  forget(index: string): void {
    this.#types.delete(index)
    for (const [key, place] of this.#indices) {
      void place.then(
        known => known === index && this.#indices.delete(key),
        () => undefined,
      )
    }
  }

  #typesOf(index: string): Promise<KnownTypes> {
    return remember(this.#types, index, () => this.#readTypes(index))
  }

  async #place(projectId: string, period: string): Promise<string> {
    const { placements, names } = this.#options
    const own = await fromCatalog(placements.list(projectId))
    const placed = own.find(place => place.period === period)
    if (placed !== undefined) {
      await this.#create(placed)
      return placed.index
    }
    const question = {
      projectId,
      period,
      retentionDays: await fromCatalog(this.#options.retentionDaysOf(projectId)),
      rowsBefore: await this.#rowsBefore(projectId, period, own),
      shardsInUse: await fromCatalog(placements.shards()),
    }
    const wanted = choosePlacement(question, names)
    // First the index: searches ask every index that something is placed in.
    await this.#create(wanted)
    const decided = await fromCatalog(placements.place(projectId, period, wanted))
    if (decided.index === wanted.index) return decided.index
    await this.#create(decided)
    if (!wanted.shared) await this.#deleteUnused(wanted.index)
    return decided.index
  }

  /** Rows of the project on the day before, as good as can be told. */
  async #rowsBefore(
    projectId: string,
    period: string,
    own: readonly PlacedPeriod[],
  ): Promise<number> {
    const before = periodOf(periodRange(period).startUs - 1)
    const place = own.find(known => known.period === before)
    if (place === undefined) return 0
    const { count = 0 } = await this.#options.server.json<{ count?: number }>({
      method: 'POST',
      path: `/${place.index}/_count`,
      query: { ignore_unavailable: true },
      body: { query: { term: { [FIELDS.project]: projectId } } },
    })
    return count
  }

  /** Settles once the index can be searched. */
  async #create({ index, shards }: Placement): Promise<void> {
    const { server } = this.#options
    try {
      await server.request({
        method: 'PUT',
        path: `/${index}`,
        body: { settings: { 'index.number_of_shards': shards } },
      })
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
    }
    // Not the status: a new index is yellow before its shards have started.
    await server.request({
      method: 'GET',
      path: `/_cluster/health/${index}`,
      query: { wait_for_active_shards: shards, timeout: '30s' },
    })
  }

  /** Another process decided otherwise, at the same moment. */
  async #deleteUnused(index: string): Promise<void> {
    await this.#options.server.request({ method: 'DELETE', path: `/${index}`, allowed: [404] })
  }

  async #readTypes(index: string): Promise<KnownTypes> {
    const answer = await this.#options.server.json<MappingAnswer>({
      method: 'GET',
      path: `/${index}/_mapping`,
    })
    const { properties = {} } = answer[index]?.mappings ?? {}
    if (properties[FIELDS.slot] === undefined) this.#older.add(index)
    else this.#older.delete(index)
    const byKey: Record<string, AttributeFieldType> = {}
    for (const [field, { type }] of Object.entries(properties)) {
      if (!field.startsWith(`${ATTRIBUTES}.`)) continue
      byKey[unescapeKey(field.slice(ATTRIBUTES.length + 1))] = type as AttributeFieldType
    }
    return knownTypes(byKey)
  }

  async #addTypes(index: string, proposed: ReadonlyMap<string, AttributeFieldType>): Promise<void> {
    const known = await this.#typesOf(index)
    const wanted = [...proposed].filter(([key]) => !Object.hasOwn(known.byKey, key))
    const free = ATTRIBUTE_FIELDS_MAX - fieldsIn(known.byKey)
    const added = await this.#putMapping(index, wanted.slice(0, Math.max(0, free)))
    this.#types.set(index, Promise.resolve(knownTypes({ ...known.byKey, ...added })))
  }

  /** Answers the types that the fields have now: another process may have been first. */
  async #putMapping(index: string, wanted: readonly WantedType[]): Promise<TypesByKey> {
    if (wanted.length === 0) return {}
    const properties = Object.fromEntries(
      wanted.map(([key, type]) => [
        attributeField(key),
        attributeMapping(type, this.#older.has(index)),
      ]),
    )
    try {
      await this.#options.server.request({
        method: 'PUT',
        path: `/${index}/_mapping`,
        body: { properties },
      })
      return Object.fromEntries(wanted)
    } catch (error) {
      if (!(error instanceof ElasticError) || error.status !== 400) throw error
    }
    // One has another type already, or there is no room: one at a time tells which.
    let { byKey } = await this.#readTypes(index)
    const missing = wanted.filter(([key]) => !Object.hasOwn(byKey, key))
    if (wanted.length === 1) {
      return { ...byKey, ...Object.fromEntries(missing.map(([key]) => [key, null])) }
    }
    for (const one of missing) byKey = { ...byKey, ...(await this.#putMapping(index, [one])) }
    return byKey
  }
}

type TypesByKey = KnownTypes['byKey']
type WantedType = readonly [key: string, type: AttributeFieldType]

function knownTypes(byKey: TypesByKey): KnownTypes {
  return { byKey, isFull: fieldsIn(byKey) >= ATTRIBUTE_FIELDS_MAX }
}

function fieldsIn(byKey: TypesByKey): number {
  return Object.values(byKey).filter(type => type !== null).length
}

interface MappingAnswer {
  readonly [index: string]: {
    readonly mappings: { readonly properties?: Readonly<Record<string, { readonly type: string }>> }
  }
}

/** A failed answer is not remembered. */
function remember<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  find: () => Promise<Value>,
): Promise<Value> {
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= PLACES_MAX) known.clear()
  const finding = find()
  known.set(key, finding)
  finding.catch(() => known.delete(key))
  return finding
}

/** Without the catalog nothing new is placed: that passes, and nothing is to blame but it. */
async function fromCatalog<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (cause) {
    throw new ElasticError(0, '', 'the catalog does not answer', { cause })
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof ElasticError && error.type === 'resource_already_exists_exception'
}
