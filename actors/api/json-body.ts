/** Request bodies: JSON of a known shape, or a 400 that says where it is not. */
import type { z } from 'zod/v4'
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'

/** Bodies of REST calls are small; the doors for logs have limits of their own. */
export const JSON_BODY_BYTES_MAX = 256 * 1024

export async function readJson<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await request.body()
  let value: unknown
  try {
    value =
      bytes.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new HttpProblem('LOGBOY_BAD_BODY', `the body is not JSON: ${(error as Error).message}`)
  }
  return check(value, schema)
}

export function check<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  const detail = `${path === '' ? '' : `${path}: `}${issue?.message ?? 'not as documented'}`
  throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}
