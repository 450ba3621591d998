/** `POST /api/v1/logs/delete`: what a query and a range of time find goes for good. */
import { z } from 'zod/v4'
import type { HttpRequest, Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { LogStore, SearchPlanInput } from '#actors/store/store.ts'
import { formatTime } from '#proto/time.ts'
import { answerOf, endpoint } from './endpoint.ts'
import { STORE_PROBLEMS, storeProblem } from './query-gate.ts'
import { filterBody, planQuestion, time } from './search-request.ts'
import type { SearchDeps } from './search-routes.ts'

export interface DeleteDeps extends SearchDeps {
  readonly store: SearchDeps['store'] & Pick<LogStore, 'delete'>
}

const deleteBody = filterBody.extend({
  start_time: time.describe('event time; 0 for all there is'),
  end_time: time.describe('not included'),
  dry_run: z.boolean().default(false).describe('only count'),
})
const deleteReply = z.strictObject({
  rows: z.number().int().min(0).describe('that were deleted; of a dry run, that would be'),
  dry_run: z.boolean(),
  start_time: z.string().describe('as it was understood: hand it in again for the same rows'),
  end_time: z.string(),
})

export function deleteRoute(deps: DeleteDeps): Route {
  const { clock, store } = deps
  return endpoint(deps, {
    method: 'POST',
    path: '/api/v1/logs/delete',
    tag: 'logs',
    summary: 'Deletes the logs that match, in a range of time.',
    description:
      'Exactly what a search finds at that moment; no search finds it from then on. Logs that are ' +
      'received later stay, whatever their time. Files are written anew without them later.',
    who: 'member',
    needs: 'logs.delete',
    body: deleteBody,
    answers: { 200: answerOf('How many rows.', deleteReply) },
    problems: STORE_PROBLEMS,
    async handle({ body: { dry_run, ...filter }, project, request }) {
      const input = planQuestion({ ...filter, include: ['total'] }, project, clock.nowUs())
      const rows = dry_run ? await count(input, request, deps) : await erase(input, store)
      const [start_time, end_time] = [formatTime(input.startUs), formatTime(input.endUs)]
      return json(200, { rows, dry_run, start_time, end_time })
    },
  })
}

async function count(
  input: SearchPlanInput,
  request: HttpRequest,
  { queries, store }: DeleteDeps,
): Promise<number> {
  const { total } = await queries.run(input.projectId, request.signal, signal =>
    store.search(input, signal),
  )
  return total ?? 0
}

/** Nobody's leaving ends it halfway. */
async function erase(input: SearchPlanInput, store: DeleteDeps['store']): Promise<number> {
  try {
    return await store.delete(input)
  } catch (error) {
    throw storeProblem(error)
  }
}
