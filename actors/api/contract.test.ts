import { after, before, suite, test } from 'node:test'
import { DRIVERS } from '#actors/http/testing/drivers.ts'
import { ADMIN_TOKEN, RunningServer } from '#actors/testing/running-server.ts'
import { apiRoutes } from './api-routes.ts'
import { apiWorld } from './testing/api-world.ts'
import { contractFiles, type Names, readContract, runStep } from './testing/contract.ts'

for (const driver of DRIVERS) {
  suite(`the contract of REST (${driver})`, () => {
    const names: Names = {}
    let server: RunningServer

    before(async () => {
      server = await RunningServer.start({ 'http-driver': driver })
      const { id, read_key, ingest_key } = await server.createProject('shop')
      const foreign = await server.createProject('foreign')
      Object.assign(names, {
        project: id,
        foreign: foreign.id,
        reader: read_key,
        sender: ingest_key,
        administrator: ADMIN_TOKEN,
      })
      await server.ingest(ingest_key, logs())
    })

    after(async () => {
      await server.stop()
      server.remove()
    })

    for (const file of contractFiles()) {
      test(file, async t => {
        const table = apiRoutes((await apiWorld(t, 'node')).deps)
        for (const step of readContract(file)) {
          const name = step.about === undefined ? step.ask : `${step.ask}: ${step.about}`
          await t.test(name, () => runStep(step, server.url, names, table))
        }
      })
    }
  })
}

/** What contract/logs.yaml speaks of; times are the server's. */
function logs(): object[] {
  const levels = ['info', 'warn', 'error', 'error', 'fatal']
  return levels.flatMap((level, n) => [
    { service: 'mail', level: 'info', message: `mail ${n}`, n: 1 },
    { service: 'checkout', level, host: 'web-1', message: 'card declined', amount: n },
  ])
}
