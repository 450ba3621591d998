/** Finds the route of a path: literal paths by a map, the others part by part. */

export interface Routed<Target> {
  readonly target: Target
  readonly parameters: Readonly<Record<string, string>>
}

export type RouteLookup<Target> =
  | ({ readonly type: 'found' } & Routed<Target>)
  | { readonly type: 'wrong-method'; readonly allowed: readonly string[] }
  | { readonly type: 'not-found' }
  /** A part of the path is no valid percent-encoding. */
  | { readonly type: 'bad-path' }

interface Pattern<Target> {
  readonly method: string
  readonly parts: readonly string[]
  readonly target: Target
}

const NO_PARAMETERS = Object.freeze({})

/** Routes by method and pattern; see `Route.path` for the syntax. */
export class Router<Target> {
  readonly #literal = new Map<string, Map<string, Target>>()
  readonly #patterns: Pattern<Target>[] = []

  add(method: string, path: string, target: Target): void {
    if (!path.includes(':') && !path.includes('*')) {
      const methods = this.#literal.get(path) ?? new Map<string, Target>()
      if (methods.has(method)) throw new Error(`two routes for ${method} ${path}`)
      this.#literal.set(path, methods.set(method, target))
      return
    }
    this.#patterns.push({ method, parts: path.split('/').slice(1), target })
    this.#patterns.sort((a, b) => weight(a.parts) - weight(b.parts))
  }

  find(method: string, path: string): RouteLookup<Target> {
    const methods = this.#literal.get(path)
    const target = methods?.get(method)
    if (target !== undefined) return { type: 'found', target, parameters: NO_PARAMETERS }
    // A path that is written out is meant, and no name or page.
    if (methods !== undefined) return { type: 'wrong-method', allowed: [...methods.keys()] }
    return this.#findPattern(method, path)
  }

  #findPattern(method: string, path: string): RouteLookup<Target> {
    const parts = path.split('/').slice(1)
    const allowed: string[] = []
    for (const pattern of this.#patterns) {
      if (!matches(pattern.parts, parts)) continue
      // A path of another method is a clearer 405 than a catch-all's page.
      const catchAll = pattern.parts.at(-1) === '*'
      if (pattern.method !== method || (catchAll && allowed.length > 0)) {
        if (pattern.method !== method && !catchAll) allowed.push(pattern.method)
        continue
      }
      const parameters = parametersOf(pattern.parts, parts)
      return parameters === null
        ? { type: 'bad-path' }
        : { type: 'found', target: pattern.target, parameters }
    }
    return allowed.length > 0 ? { type: 'wrong-method', allowed } : { type: 'not-found' }
  }
}

/** Catch-alls last, then patterns by how many names they have. */
function weight(parts: readonly string[]): number {
  const names = parts.filter(part => part.startsWith(':')).length
  return parts.at(-1) === '*' ? 1_000 - parts.length : names
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  const catchAll = pattern.at(-1) === '*'
  if (catchAll ? parts.length < pattern.length : parts.length !== pattern.length) return false
  return pattern.every((part, index) => {
    if (part === '*') return true
    return part.startsWith(':') ? parts[index] !== '' : part === parts[index]
  })
}

function parametersOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | null {
  const parameters: Record<string, string> = {}
  try {
    pattern.forEach((part, index) => {
      if (part === '*') parameters['*'] = decodeURIComponent(parts.slice(index).join('/'))
      else if (part.startsWith(':')) {
        parameters[part.slice(1)] = decodeURIComponent(parts[index] as string)
      }
    })
  } catch {
    return null
  }
  return parameters
}
