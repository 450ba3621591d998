// Makes the secrets of an installation in a folder, each once: `node deploy/make-secrets.mjs FOLDER`.
// Containers read them under users of their own, so the files are readable to all who have the
// volume, and nobody else has it.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '/secrets'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true, mode: 0o755 })
const random = () => randomBytes(32).toString('base64url')

const redis = random()
make('postgres-password', random())
make('grafana-password', random())
make('admin-token', `lbadm_${random()}`)
// One password in the three forms that its readers want.
if (!existsSync(join(folder, 'redis-password'))) {
  make('redis-url', `redis://:${redis}@redis:6379/0`)
  make('redis.conf', `requirepass ${redis}\nappendonly yes\nappendfsync everysec\n`)
  make('redis-password', redis)
}

function make(name, value) {
  const path = join(folder, name)
  if (existsSync(path)) return
  writeFileSync(path, value, { mode: 0o444, flag: 'wx' })
  process.stdout.write(`made ${name}\n`)
}
