import { readFileSync } from 'node:fs'

/** The version of this program, as package.json has it. */
export function readVersion(): string {
  const path = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
