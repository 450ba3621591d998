/** Runs `logboy` as a user does: a process of its own, with what it is typed. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LOGBOY = fileURLToPath(new URL('../logboy.ts', import.meta.url))

/** Of this process: where programs are, and the cache of stripped TypeScript. */
const INHERITED = { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' }

const ANY_PORTS = {
  LOGBOY_HTTP_PORT: '0',
  LOGBOY_GRPC_PORT: '0',
  LOGBOY_OTLP_HTTP_PORT: 'off',
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** No setting of this process but what `env` names reaches it. */
export function runLogboy(
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [LOGBOY, ...args], {
    env: { ...INHERITED, ...ANY_PORTS, ...env },
  })
  const text = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (piece: string) => {
      text[stream] += piece
    })
  }
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...text }))
  })
}
