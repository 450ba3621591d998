/** Whom the command line trusts beside the authorities that Node knows. */
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fail } from './terminal.ts'

/** The path of a PEM file; undefined or empty = nobody else. */
export function trustAuthority(path: string | undefined): void {
  if (path === undefined || path === '') return
  try {
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(path, 'utf8')])
  } catch (error) {
    fail(`LOGBOY_CA=${path} cannot be used: ${(error as Error).message}`)
  }
}
