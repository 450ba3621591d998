/** The administrator's token of this installation: a file that only its owner can read. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#runtime/random.ts'

const TOKEN_BYTES = 32

/**
 * Reads `<data>/admin.token`, or makes it at the first start. One that was `given` takes its place,
 * so that commands on this machine sign in with it, too.
 */
export function loadAdminToken(dataFolder: string, random: Random, given = ''): string {
  const path = join(dataFolder, 'admin.token')
  if (given !== '') return save(path, given)
  if (existsSync(path)) {
    const token = readFileSync(path, 'utf8').trim()
    if (token.length >= TOKEN_BYTES) {
      chmodSync(path, 0o600)
      return token
    }
  }
  return save(path, `lbadm_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`)
}

function save(path: string, token: string): string {
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  return token
}
