/** A browser as far as signing in goes: keeps cookies, sends them where they belong. */
import type { Reply } from './api-world.ts'

interface World {
  readonly url: string
  call(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly headers: Record<string, string> },
  ): Promise<Reply>
}

interface Cookie {
  readonly value: string
  readonly path: string
}

export class BrowserSession {
  readonly cookies = new Map<string, Cookie>()
  readonly #world: World
  readonly #origin: string

  constructor(world: World, origin = world.url) {
    this.#world = world
    this.#origin = origin
  }

  async ask(method: string, path: string, body?: unknown): Promise<Reply> {
    const sent = [...this.cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([name, { value }]) => `${name}=${value}`)
    const reply = await this.#world.call(method, path, {
      ...(body === undefined ? {} : { body }),
      headers: { origin: this.#origin, ...(sent.length === 0 ? {} : { cookie: sent.join('; ') }) },
    })
    for (const text of reply.headers.getSetCookie()) this.#keep(text)
    return reply
  }

  /** Another one with the same cookies: a second tab, or a thief. */
  copy(): BrowserSession {
    const other = new BrowserSession(this.#world, this.#origin)
    for (const [name, cookie] of this.cookies) other.cookies.set(name, cookie)
    return other
  }

  #keep(text: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
    const [, path = '/'] = /Path=([^;]+)/.exec(text) ?? []
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, { value, path })
  }
}
