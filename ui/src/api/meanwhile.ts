/** Two tabs that edit one thing: what is sent names what was read, and the later one is told. */
import { ApiError } from './client.ts'

/** Of what was read, that which is about to be replaced. */
export function expectedOf<Thing extends object>(
  read: Thing,
  wanted: Partial<Thing>,
): Partial<Thing> {
  const names = Object.keys(wanted) as (keyof Thing)[]
  return Object.fromEntries(names.map(name => [name, read[name]])) as Partial<Thing>
}

export function isMeanwhile(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'LOGBOY_CONFLICT'
}
