/** Stands between a store and a real Elasticsearch and spoils what it is told to spoil. */
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ProxiedRequest {
  readonly method: string
  readonly path: string
  readonly body: Buffer
}

export type Spoiled =
  | { readonly type: 'pass' }
  /** Answered here; the server never hears of it. */
  | { readonly type: 'answer'; readonly status: number; readonly body: string }
  /** The server does it, but the answer is lost. */
  | { readonly type: 'lose-answer' }
  /** Documents of these numbers never reach the server, and come back with this status. */
  | { readonly type: 'refuse'; readonly documents: readonly number[]; readonly status: number }

export class ElasticProxy {
  /** What happens to each request. */
  spoil: (request: ProxiedRequest) => Spoiled = () => ({ type: 'pass' })
  /** Requests seen. */
  readonly seen: ProxiedRequest[] = []
  readonly #target: URL
  #server: Server | undefined
  #port = 0

  constructor(target: string) {
    this.#target = new URL(target)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Again on the same port after `stop`. */
  async start(): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      this.#handle(incoming)
        .then(answer => {
          if (answer === null) return void outgoing.destroy()
          const headers = {
            'content-type': answer.type,
            'x-elastic-product': 'Elasticsearch',
          }
          outgoing.writeHead(answer.status, headers).end(answer.body)
        })
        .catch(() => outgoing.destroy())
    })
    this.#server = server
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
  }

  /** Connections are refused from now on, and those that are open are cut. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }

  async #handle(incoming: IncomingMessage): Promise<Answer | null> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const path = incoming.url ?? '/'
    const proxied = { method: incoming.method ?? 'GET', path, body }
    this.seen.push(proxied)
    const spoiled = this.spoil(proxied)
    switch (spoiled.type) {
      case 'pass':
        return await this.#forward(incoming, body)
      case 'answer':
        return { status: spoiled.status, type: 'application/json', body: Buffer.from(spoiled.body) }
      case 'lose-answer':
        await this.#forward(incoming, body)
        return null
      case 'refuse':
        return await this.#refuse(incoming, body, spoiled)
    }
  }

  async #refuse(
    incoming: IncomingMessage,
    body: Buffer,
    { documents, status }: Extract<Spoiled, { type: 'refuse' }>,
  ): Promise<Answer> {
    const lines = body.toString('utf8').trimEnd().split('\n')
    const refused = new Set(documents)
    const kept = lines.filter((_, line) => !refused.has(line >> 1))
    const count = lines.length / 2
    const error = { type: 'es_rejected_execution_exception', reason: 'the queue is full' }
    let items: unknown[] = []
    if (kept.length > 0) {
      const answer = await this.#forward(incoming, Buffer.from(`${kept.join('\n')}\n`))
      items = (JSON.parse(answer.body.toString('utf8')) as { items: unknown[] }).items
    }
    const all = Array.from({ length: count }, (_, i) =>
      refused.has(i) ? { create: { status, error } } : items.shift(),
    )
    const spoiled = JSON.stringify({ errors: true, items: all })
    return { status: 200, type: 'application/json', body: Buffer.from(spoiled) }
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.#target
    const headers = { ...incoming.headers, 'content-length': String(body.length) }
    delete headers['transfer-encoding']
    return new Promise((resolve, reject) => {
      const { method, url: path } = incoming
      const outgoing = request({ hostname, port, method, path, headers }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 502,
            type: response.headers['content-type'] ?? 'application/json',
            body: Buffer.concat(chunks),
          }),
        )
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}
