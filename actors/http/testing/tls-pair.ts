/** Certificates made for tests alone, valid for localhost and 127.0.0.1. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { TlsFiles } from '../http-server.ts'

export type TestPair = 'first' | 'second'

/** A folder of its own with one pair, to be replaced like a renewal would. */
export interface TestTls {
  readonly files: TlsFiles
  readonly authority: (pair: TestPair) => Buffer
  install(pair: TestPair): void
  installOnly(part: 'crt' | 'key', pair: TestPair): void
}

export function testTls(t: TestContext): TestTls {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const source = (pair: TestPair, part: string): string =>
    fileURLToPath(new URL(`tls/${pair}.${part}`, import.meta.url))
  const installOnly = (part: 'crt' | 'key', pair: TestPair): void =>
    copyFileSync(source(pair, part), join(folder, `server.${part}`))
  const install = (pair: TestPair): void => {
    installOnly('crt', pair)
    installOnly('key', pair)
  }
  install('first')
  return {
    files: { certFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') },
    authority: pair => readFileSync(source(pair, 'crt')),
    install,
    installOnly,
  }
}
