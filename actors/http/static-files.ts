/**
 * The web interface's files, read once, and compressed once they are asked for. Hashed names never change and are
 * kept by browsers for good; everything else is asked for again. Paths without a file get the
 * page, whose own router knows them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { etagOf, isKnown } from './etag.ts'
import type { HttpAnswer, HttpRequest, Route } from './http-server.ts'
import { HttpProblem } from './problem.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}
/** Compressed already. */
const INCOMPRESSIBLE = new Set(['.png', '.ico', '.woff2'])
const COMPRESS_BYTES_MIN = 512

/** No inline script or style, no foreign origin, no text that becomes markup unseen. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types logboy',
].join('; ')

const PAGE = '/index.html'
/** Vite's names: a base name, a hash of eight characters, an extension. */
const HASHED = /-[\w-]{8}\.\w+$/

type Encoding = 'br' | 'gzip'

interface StaticFile {
  readonly plain: Buffer
  /** null = it would not shrink. */
  readonly packed: ((encoding: Encoding) => Promise<Buffer>) | null
  readonly headers: readonly (readonly [string, string])[]
  readonly etag: string
}

/** Routes for all files below `folder` (a finished build); none if it is missing. */
export function staticRoutes(folder: string): Route[] {
  const files = readFiles(folder)
  const page = files.get(PAGE)
  if (page === undefined) return []
  const handle = (request: HttpRequest): Promise<HttpAnswer> => answer(request, files, page)
  return [{ method: 'GET', path: '/*', handle }]
}

async function answer(
  request: HttpRequest,
  files: ReadonlyMap<string, StaticFile>,
  page: StaticFile,
): Promise<HttpAnswer> {
  const file = files.get(`/${request.parameters['*'] ?? ''}`)
  if (file !== undefined) return fileAnswer(request, file)
  // What looks like a file, or like the interface for programs, is no page of ours.
  if (/^\/api(\/|$)/.test(request.path) || extname(request.path) !== '') {
    throw new HttpProblem('LOGBOY_NOT_FOUND', `no such path: ${request.path}`)
  }
  return fileAnswer(request, page)
}

async function fileAnswer(request: HttpRequest, file: StaticFile): Promise<HttpAnswer> {
  const { plain, packed, etag } = file
  const headers = [...file.headers]
  if (isKnown(request, etag)) return { status: 304, headers }
  const accepted = request.header('accept-encoding') ?? ''
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : null
  if (packed === null || encoding === null) return { status: 200, headers, body: plain }
  headers.push(['content-encoding', encoding])
  return { status: 200, headers, body: await packed(encoding) }
}

function readFiles(folder: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  if (!existsSync(folder)) return files
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = `/${relative(folder, path).split(sep).join('/')}`
    files.set(name, makeFile(name, readFileSync(path)))
  }
  const page = files.get(PAGE)
  if (page !== undefined) files.set('/', page)
  return files
}

function makeFile(name: string, plain: Buffer): StaticFile {
  const extension = extname(name)
  const compress = plain.length >= COMPRESS_BYTES_MIN && !INCOMPRESSIBLE.has(extension)
  const etag = etagOf(plain)
  const lasting = HASHED.test(name) && name !== PAGE
  const headers: (readonly [string, string])[] = [
    ['content-type', CONTENT_TYPES[extension] ?? 'application/octet-stream'],
    ['cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache'],
    ['etag', etag],
    ['cross-origin-resource-policy', 'same-origin'],
  ]
  if (compress) headers.push(['vary', 'accept-encoding'])
  if (extension === '.html') {
    headers.push(
      ['content-security-policy', CONTENT_SECURITY_POLICY],
      ['cross-origin-opener-policy', 'same-origin'],
      ['x-frame-options', 'DENY'],
    )
  }
  return { plain, packed: compress ? packer(plain) : null, headers, etag }
}

/** In libuv's threads, and each once: to compress all files would be a fifth of a start. */
function packer(plain: Buffer): (encoding: Encoding) => Promise<Buffer> {
  const packed = new Map<Encoding, Promise<Buffer>>()
  return encoding => {
    const known = packed.get(encoding) ?? PACKERS[encoding](plain)
    packed.set(encoding, known)
    return known
  }
}

const PACKERS: Readonly<Record<Encoding, (plain: Buffer) => Promise<Buffer>>> = {
  // One notch below the best: a tenth of the time for two percent of the size.
  br: plain =>
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }),
  gzip: plain => promisify(gzip)(plain, { level: 9 }),
}
