/** Times in which nobody is told of certain alerts. */
import type { Silence, SilenceWish } from '#proto/silence.ts'
import { call } from './client.ts'

const PATH = '/api/v1/silences'

export async function listSilences(
  project: string,
  signal: AbortSignal,
): Promise<readonly Silence[]> {
  const path = `${PATH}?${new URLSearchParams({ project })}`
  return (await call<{ silences: Silence[] }>('GET', path, { signal })).silences
}

export function readSilence(project: string, id: string): Promise<Silence> {
  return call<Silence>('GET', `${silencePath(id)}?${new URLSearchParams({ project })}`)
}

/** `known`: the one that is changed, in the version that was read; null = a new one. */
export function saveSilence(
  project: string,
  known: Pick<Silence, 'id' | 'version'> | null,
  wish: SilenceWish,
): Promise<Silence> {
  const body = { ...wish, project }
  return known === null
    ? call<Silence>('POST', PATH, { body })
    : call<Silence>('PUT', silencePath(known.id), { body: { ...body, version: known.version } })
}

/** It stays in the list. */
export function endSilence(project: string, id: string): Promise<void> {
  return call<void>('DELETE', `${silencePath(id)}?${new URLSearchParams({ project })}`)
}

function silencePath(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`
}
