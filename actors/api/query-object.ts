/** The query of an address as an object: what comes several times is joined with commas. */
import { z } from 'zod/v4'
import { HttpProblem } from '#actors/http/problem.ts'

/**
 * Throws 400 where a number is empty, which is none: without this it would be zero. An empty text
 * is a text.
 */
export function queryObject(query: URLSearchParams, schema: z.ZodObject): Record<string, string> {
  return Object.fromEntries(
    [...query.keys()].map(name => {
      const text = query.getAll(name).join(',')
      if (text.trim() === '' && isNumber(schema.shape[name])) {
        throw new HttpProblem('LOGBOY_BAD_REQUEST', `${name}: expected a number`)
      }
      return [name, text]
    }),
  )
}

/** Whatever is assumed without it. */
function isNumber(schema: unknown): boolean {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return isNumber(schema.unwrap())
  }
  return schema instanceof z.ZodNumber
}
