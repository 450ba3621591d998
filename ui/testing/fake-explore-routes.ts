/** Routes that only the explorer and the dashboard ask, over rows in memory. */
import type { Row, SearchRequest } from '#proto/api.ts'
import type { SavedView } from '#proto/people.ts'
import { type Answer, ok, problem } from './fake-answer.ts'
import { fakeContext, fakeFacets, fakeFields, fakePatterns } from './fake-facts.ts'
import { filterOf } from './fake-search.ts'

/** Of a body; the real server refuses others, too. */
const VIEW_MEMBERS = ['name', 'address', 'shared']

export interface FakeQuestion {
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
  readonly body: unknown
  readonly rowsOf: (projectId: string) => readonly Row[]
}

export class FakeExploreRoutes {
  readonly views: SavedView[] = []
  #viewNumber = 0

  /** null = somebody else's route. */
  answer(question: FakeQuestion): Answer | null {
    return this.#facts(question) ?? this.#savedViews(question) ?? metrics(question)
  }

  #facts({ method, path, params, body, rowsOf }: FakeQuestion): Answer | null {
    const route = `${method} ${path}`
    const request = body as SearchRequest & { readonly fields: readonly string[] }
    if (route === 'POST /api/v1/logs/fields')
      return ok(fakeFields(rowsOf(request.project ?? ''), request))
    if (route === 'POST /api/v1/logs/facets')
      return ok(fakeFacets(rowsOf(request.project ?? ''), request))
    if (route === 'POST /api/v1/logs/patterns')
      return ok(fakePatterns(rowsOf(request.project ?? ''), request))
    const id = /^GET \/api\/v1\/logs\/(\w+)\/context$/.exec(route)?.[1]
    if (id !== undefined) {
      const context = fakeContext(rowsOf(params.get('project') ?? ''), id, params)
      return context === null ? null : ok(context)
    }
    if (route === 'GET /api/v1/logs/export') return ok(exported(params, rowsOf))
    return null
  }

  #savedViews({ method, path, body }: FakeQuestion): Answer | null {
    const match = /^\/api\/v1\/projects\/\w+\/saved-views(?:\/(\w+))?$/.exec(path)
    if (match === null) return null
    const id = match[1]
    if (id === undefined && method === 'GET') return ok({ views: this.views })
    const wish = body as Pick<SavedView, 'name' | 'address' | 'shared' | 'version'>
    const known = id === undefined ? VIEW_MEMBERS : [...VIEW_MEMBERS, 'version']
    const odd = Object.keys(wish).filter(name => !known.includes(name))
    if (odd.length > 0) return problem(400, 'LOGBOY_BAD_REQUEST', `unknown: ${odd.join(', ')}`)
    if (id === undefined) {
      const view = this.#view(`view${++this.#viewNumber}`, wish, 1)
      this.views.push(view)
      return { status: 201, body: view }
    }
    const at = this.views.findIndex(view => view.id === id)
    const view = this.views[at]
    if (view === undefined) return problem(404, 'LOGBOY_NOT_FOUND', 'there is no such view')
    if (method === 'DELETE') {
      this.views.splice(at, 1)
      return { status: 204, body: null }
    }
    if (wish.version !== view.version) return problem(409, 'LOGBOY_CONFLICT', 'it was changed')
    const changed = this.#view(id, wish, view.version + 1)
    this.views[at] = changed
    return ok(changed)
  }

  #view(
    id: string,
    { name, address, shared }: Pick<SavedView, 'name' | 'address' | 'shared'>,
    version: number,
  ): SavedView {
    const updated_at = '2026-11-29T00:00:00.000Z'
    return { id, name, address, shared, version, created_by: null, updated_at }
  }
}

/** One counter, one histogram, and one point every ten seconds. */
function metrics({ method, path, body }: FakeQuestion): Answer | null {
  if (path === '/api/v1/metrics/names') {
    const shared = { services: ['payment-service'], labels: ['path'], unit: 'ms' }
    const last_seen = new Date(Date.now()).toISOString()
    return ok({
      names: [
        { ...shared, name: 'http.duration', type: 'histogram', last_seen },
        { ...shared, name: 'orders', unit: 'orders', type: 'counter', last_seen },
      ],
      is_exact: true,
    })
  }
  if (path === '/api/v1/metrics/system') {
    const numbers = {
      logboy_store_segment_bytes: 3.1e9,
      logboy_store_index_bytes: 2.2e8,
      logboy_store_rows: 8.4e7,
      logboy_journal_file_bytes: 4e7,
      logboy_disk_free_bytes: 6.1e10,
    }
    const families = Object.entries(numbers)
    return ok({ metrics: families.map(([name, value]) => ({ name, samples: [{ value }] })) })
  }
  if (`${method} ${path}` !== 'POST /api/v1/metrics/query') return null
  const { name, start_time, function: fn } = body as Record<string, string>
  const startMs = Date.parse(start_time ?? '')
  const points = Array.from({ length: 30 }, (_, at) => ({
    time: new Date(startMs + at * 10_000).toISOString(),
    value: 10 + (at % 7),
  }))
  const series = [{ labels: {}, points }]
  return ok({ name, type: 'histogram', unit: 'ms', function: fn, step: 10, series })
}

function exported(
  params: URLSearchParams,
  rowsOf: (projectId: string) => readonly Row[],
): readonly Row[] {
  const list = (name: string): string[] => params.get(name)?.split(',').filter(Boolean) ?? []
  const [start, end] = [params.get('start_time'), params.get('end_time')]
  const filter = filterOf({
    query: params.get('query') ?? '',
    levels: list('levels'),
    services: list('services'),
    ...(start === null ? {} : { start_time: start }),
    ...(end === null ? {} : { end_time: end }),
  })
  return rowsOf(params.get('project') ?? '').filter(filter)
}
