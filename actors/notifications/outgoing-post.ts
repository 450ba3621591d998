/**
 * A POST to an address that a person of some project wrote down: never to a private one, unless the
 * installation allows it, however the name resolves; no redirects, no proxies, and an end to
 * everything. The address is judged where the connection is made, so that a second answer of a
 * name server changes nothing.
 */
import { lookup as resolve } from 'node:dns'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

export interface OutgoingPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `refused` here, before anything was sent; `silent`: sent perhaps, and nothing came back. */
export type PostOutcome =
  | { readonly type: 'answered'; readonly status: number; readonly answer: string }
  | { readonly type: 'refused' | 'unreachable' | 'silent'; readonly reason: string }

export interface PostOptions {
  readonly allowPrivate: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Kept of an answer, for people to read. */
export const ANSWER_CHARS_MAX = 1_000

class PrivateAddressError extends Error {}

export function post(sent: OutgoingPost, options: PostOptions): Promise<PostOutcome> {
  const url = new URL(sent.url)
  const isPlain = url.protocol === 'http:'
  if (!isPlain && url.protocol !== 'https:') {
    return Promise.resolve(refused(`${url.protocol} is no web address`))
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Of an address as such nobody asks the lookup below.
  if (!options.allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) {
    return Promise.resolve(refused(privateText(host)))
  }
  const request = isPlain ? httpRequest : httpsRequest
  return new Promise(settle => {
    let isConnected = false
    const body = Buffer.from(sent.body)
    const call = request(url, {
      ...requestOptions(options),
      headers: { ...sent.headers, 'content-length': String(body.length) },
    })
    call.on('socket', socket => {
      socket.once(isPlain ? 'connect' : 'secureConnect', () => {
        isConnected = true
      })
    })
    call.on('response', response => {
      let answer = ''
      const status = response.statusCode ?? 0
      const done = (): void => settle({ type: 'answered', status, answer })
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        answer = (answer + text).slice(0, ANSWER_CHARS_MAX)
        if (answer.length === ANSWER_CHARS_MAX) response.destroy()
      })
      // What it said counts, however it ended.
      response.on('close', done)
      response.on('error', done)
    })
    call.on('error', error => settle(failureOf(error, isConnected)))
    call.end(body)
  })
}

function requestOptions({ allowPrivate, timeoutMs, signal }: PostOptions): RequestOptions {
  return {
    method: 'POST',
    // A connection for each: keeping one open would outlive the check of its address.
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  }
}

/** All addresses of a name must be public: which one is taken is not ours to say. */
const publicLookup: LookupFunction = (name, options, done) => {
  resolve(name, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '', 0)
    const bad = addresses.find(({ address }) => !isPublicAddress(address))
    const [first] = addresses
    if (bad !== undefined || first === undefined) {
      return done(new PrivateAddressError(privateText(`${name} is ${bad?.address}, which`)), '', 0)
    }
    if (options.all === true) return done(null, addresses)
    return done(null, first.address, first.family)
  })
}

function privateText(what: string): string {
  return `${what} is no public address; LOGBOY_WEBHOOK_PRIVATE=true allows those`
}

function refused(reason: string): PostOutcome {
  return { type: 'refused', reason }
}

function failureOf(error: Error, isConnected: boolean): PostOutcome {
  if (error instanceof PrivateAddressError) return refused(error.message)
  const isLate = error.name === 'AbortError' || error.name === 'TimeoutError'
  const reason = isLate ? 'no answer in time' : error.message
  return { type: isConnected ? 'silent' : 'unreachable', reason }
}
