/** `node ui/testing/serve.ts [port]`: the built page over made-up rows that keep coming. */
import { fileURLToPath } from 'node:url'
import { FakeData } from './fake-data.ts'
import { PASSWORD } from './fake-people.ts'
import { FakeServer, TICKET, TOKEN } from './fake-server.ts'
import { fillPeople } from './sample-people.ts'

const HOUR_MS = 3_600_000
const dist = fileURLToPath(new URL('../dist', import.meta.url))
const server = new FakeServer(dist, ['demo', 'staging'])
fillPeople(server.people, 'project000')
const data = new FakeData(7)
const nowMs = Date.now()
server.append('project000', data.history(60_000, nowMs - 24 * HOUR_MS, nowMs - HOUR_MS))
server.append('project000', data.history(9000, nowMs - HOUR_MS, nowMs))
const url = await server.listen(Number(process.argv[2] ?? 4000))
process.stdout.write(
  `${url}/sign-in?ticket=${TICKET}\ntoken ${TOKEN}\nada@example.com, ${PASSWORD}\n`,
)
setInterval(() => {
  const rows = Array.from({ length: 4 }, () => data.row(Date.now() - 30, { delayMs: 20 }))
  server.append('project000', rows)
}, 200)
