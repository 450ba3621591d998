import { after, test } from 'node:test'
import { RunningServer } from '#actors/testing/running-server.ts'
import { systemRandom } from '#runtime/random.ts'
import { forgetInstallation } from '../../deploy/dry/shared-servers.ts'
import { backtestSuite } from './testing/backtest-suite.ts'

const address = process.env['ELASTICSEARCH_URL']
if (address === undefined) {
  test('backtests on Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  const installation = `backtest${Buffer.from(systemRandom.bytes(5)).toString('hex')}`
  backtestSuite('Elasticsearch', () =>
    RunningServer.start({ 'elasticsearch-url': address, installation }),
  )
  after(() => forgetInstallation(installation, process.env))
}
