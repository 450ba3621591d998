/** Asks the Prometheus of a project whether it watches everything that its files say. */
import { readFileSync } from 'node:fs'
import { until } from '../../bench/lab/pause.ts'

interface Targets {
  readonly activeTargets: readonly {
    readonly health: string
    readonly scrapeUrl: string
    readonly lastError: string
  }[]
}

const METRICS_PAGE = new URL('../../docs/metrics.md', import.meta.url)
const SCRAPED_MS_MAX = 40_000

/** Every process of ours is scraped, the rules are loaded, the Alertmanager is known. */
export async function watches(address: string): Promise<string> {
  const ask = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`http://${address}:9090/api/v1/${path}`)
    return ((await response.json()) as { readonly data: Data }).data
  }
  let targets: Targets['activeTargets'] = []
  const areUp = await until(async () => {
    targets = (await ask<Targets>('targets')).activeTargets
    return targets.length > 0 && targets.every(({ health }) => health === 'up')
  }, SCRAPED_MS_MAX)
  const down = targets.filter(({ health }) => health !== 'up')
  const told = down.map(it => `${it.scrapeUrl} ${it.health} ${it.lastError}`)
  if (!areUp) throw new Error(`Prometheus does not reach ${told.join('; ')}`)
  const { groups } = await ask<{ readonly groups: readonly { readonly rules: unknown[] }[] }>(
    'rules',
  )
  const rules = groups.flatMap(group => group.rules).length
  const page = readFileSync(METRICS_PAGE, 'utf8')
  const names = await ask<readonly string[]>('label/__name__/values')
  const unknown = names
    .filter(name => name.startsWith('logboy_'))
    .map(name => name.replace(/_(bucket|sum|count)$/, ''))
    .filter(name => !page.includes(`\`${name}`))
  if (unknown.length > 0) throw new Error(`docs/metrics.md does not list ${unknown.join(', ')}`)
  const { activeAlertmanagers: managers } = await ask<{ readonly activeAlertmanagers: unknown[] }>(
    'alertmanagers',
  )
  if (rules === 0 || managers.length === 0) {
    throw new Error(`${rules} rules, ${managers.length} Alertmanagers are known to Prometheus`)
  }
  return `${targets.length} processes scraped, ${rules} rules, ${managers.length} Alertmanager`
}
