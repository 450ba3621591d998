/** The dashboard: what it shows, that it moves, and where it leads. */
import assert from 'node:assert/strict'
import { percentText } from '../src/dashboard/error-rate-model.ts'
import { assertAccessible } from './accessibility.ts'
import { browse, byDayAndNight } from './browse.ts'
import { PROJECT, type Visit } from './browser-bench.ts'
import { pointsOf } from './fake-tail.ts'

const PATH = `/dashboard?project=${PROJECT}`

async function enter(visit: Visit, path = PATH): Promise<void> {
  await visit.signIn()
  await visit.page.goto(`${visit.url}${path}`)
  await visit.page.locator('.tile').first().waitFor()
}

async function tile({ page }: Visit, name: string): Promise<string> {
  return page.getByRole('region', { name, exact: true }).locator('.tile-value').innerText()
}

browse('numbers and charts of the dashboard move with the stream', async visit => {
  visit.fill(800)
  await enter(visit)
  await visit.eventually(async () => assert.equal(await tile(visit, 'Logs'), '800'))
  const bars = visit.page.locator('.histogram-bars .fill-info')
  const before = await bars.getAttribute('d')
  // From here on levels of services are known by the stream alone.
  await visit.page
    .getByText(/% errors/)
    .first()
    .waitFor()
  await visit.page.route('**/logs/search', route =>
    route.request().postData()?.includes('by service, level') ? undefined : route.continue(),
  )
  visit.arrive(60)
  await visit.eventually(async () => {
    assert.equal(await tile(visit, 'Logs'), '860')
    assert.notEqual(await bars.getAttribute('d'), before)
  })
  const rows = visit.server.rowsOf(PROJECT)
  for (const service of new Set(rows.map(row => row.service))) {
    const own = rows.filter(row => row.service === service)
    const share = own.filter(({ level }) => level === 'ERROR' || level === 'FATAL').length
    const line = visit.page.getByRole('list', { name: 'Logs by service' }).getByRole('listitem')
    await line
      .filter({ hasText: service })
      .filter({ hasText: `${percentText(share / own.length)} errors` })
      .waitFor()
  }
  const errors = rows.filter(({ level }) => level === 'ERROR' || level === 'FATAL').length
  assert.equal(
    Number.parseFloat(await tile(visit, 'Error rate')).toFixed(1),
    ((errors / rows.length) * 100).toFixed(1),
  )
  await visit.page.unrouteAll({ behavior: 'ignoreErrors' })
})

browse(
  'what only the server can count follows the stream, too, and keeps its place',
  async visit => {
    const { page } = visit
    visit.fill(600)
    await enter(visit)
    const slow = page.locator('.slow-table tbody tr')
    const sum = async (): Promise<number> => {
      const counts = await slow.locator('td:nth-of-type(1)').allInnerTexts()
      return counts.reduce((all, count) => all + Number(count), 0)
    }
    const patterns = page.getByRole('list', { name: 'Logs by pattern' }).locator('.number')
    await slow.first().waitFor()
    await patterns.first().waitFor()
    const [before, counted] = [await sum(), await patterns.allInnerTexts()]
    await slow.first().locator('.link').focus()
    const focused = await page.evaluate(() => document.activeElement?.textContent)
    visit.arrive(60)
    await visit.eventually(async () => {
      assert.ok((await sum()) > before)
      assert.notDeepEqual(await patterns.allInnerTexts(), counted)
    })
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), focused)
    // By itself the span moves on in steps of ten seconds, with one question each.
    const steps: number[] = []
    page.on('request', request => {
      const isSlowest = /"query":"[^"]*p95/.test(request.postData() ?? '')
      if (isSlowest) steps.push(Math.floor(Date.now() / 10_000))
    })
    const isFresh = (): boolean => new Set(steps).size < steps.length
    for (let i = 0; i < 5 && !isFresh(); i++) {
      const known = steps.length
      visit.arrive(10)
      await visit.eventually(() => assert.ok(steps.length > known))
    }
    assert.ok(isFresh(), 'asked again within one step')
  },
)

browse('every part of the dashboard leads to its logs', async visit => {
  const { page } = visit
  visit.fill(900)
  await enter(visit)
  const params = (): URLSearchParams => new URL(page.url()).searchParams
  const arrive = async (check: () => void): Promise<void> => {
    await visit.eventually(() => {
      assert.equal(new URL(page.url()).pathname, '/explore')
      check()
    })
    await page.goBack()
    await page.locator('.tile').first().waitFor()
  }
  await page.getByRole('list', { name: 'Logs by service' }).getByText('auth-service').click()
  await arrive(() => assert.deepEqual(params().getAll('service'), ['auth-service']))
  await page.getByRole('list', { name: 'Logs by pattern' }).getByRole('button').first().click()
  await arrive(() => assert.match(params().get('q') ?? '', /^pattern_id:\d+$/))
  const box = await page.locator('.histogram').boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 3 })
  await page.mouse.up()
  await arrive(() => assert.ok(params().has('from') && params().has('to')))
  for (const name of ['Ingest rate', 'Lag']) {
    const small = page.getByRole('region', { name, exact: true }).locator('.spark-line')
    const at = await small.boundingBox()
    assert.ok(at)
    await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2)
    await arrive(() => assert.equal(params().get('q'), null))
  }
  await page.getByRole('slider', { name: 'Errors as a share' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await arrive(() => assert.deepEqual(params().getAll('level'), ['ERROR', 'FATAL']))
  await page.locator('.slow-table .link').first().click()
  await arrive(() => assert.match(params().get('q') ?? '', /^service:\S+ duration_ms:>=\d/))
  await page.getByRole('slider', { name: 'p95 of http.duration' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await arrive(() => assert.deepEqual(params().getAll('service'), ['payment-service']))
})

browse('a metric is drawn anew when a point of it arrives, the others stay', async visit => {
  const { page } = visit
  visit.fill(50)
  await enter(visit)
  await page.getByRole('slider', { name: 'p95 of http.duration' }).waitFor()
  await page.getByRole('slider', { name: 'rate of orders' }).waitFor()
  const asked: string[] = []
  page.on('request', request => {
    const [, name] = /"name":"([^"]+)"/.exec(request.postData() ?? '') ?? []
    if (request.url().endsWith('/metrics/query')) asked.push(name ?? '')
  })
  // Every ten seconds the span moves on, and all are asked for: until a point asked for one alone.
  for (let others = -1; others !== 0; ) {
    asked.length = 0
    visit.server.append(pointsOf(PROJECT), [{ ...visit.data.row(Date.now()), message: 'orders' }])
    await visit.eventually(() => assert.ok(asked.includes('orders')))
    others = asked.filter(name => name !== 'orders').length
  }
})

browse('what is stored is told to administrators, with what becomes of it', async visit => {
  const { page } = visit
  visit.fill(600)
  await enter(visit)
  await visit.eventually(async () => assert.equal(await tile(visit, 'Storage'), '3.1 GiB'))
  const note = page.getByRole('region', { name: 'Storage', exact: true }).locator('.tile-note')
  await visit.eventually(async () =>
    assert.match(await note.innerText(), /a day at this rate; 30 days of it are .*; .* free$/),
  )
})

browse('what the dashboard is about stands in the URL', async visit => {
  const { page } = visit
  visit.fill(400)
  await enter(visit)
  await page.getByLabel('Search logs').fill('status:200 | count')
  await page.keyboard.press('Enter')
  await page.getByLabel('Told apart by', { exact: true }).selectOption('host')
  await page.getByLabel('Function of orders').selectOption('increase')
  await page.getByLabel('http.duration told apart by').selectOption('path')
  await visit.eventually(() => {
    const params = new URL(page.url()).searchParams
    assert.deepEqual(
      [params.get('q'), params.get('by'), params.getAll('metric')],
      ['status:200', 'host', ['orders~increase~', 'http.duration~~path']],
    )
  })
  const total = visit.server.rowsOf(PROJECT).filter(row => row.attributes['status'] === 200).length
  await visit.eventually(async () => assert.equal(await tile(visit, 'Logs'), String(total)))
  await page.reload()
  await visit.eventually(async () => assert.equal(await tile(visit, 'Logs'), String(total)))
  assert.equal(await page.getByLabel('Function of orders').inputValue(), 'increase')
})

browse('what fires is told as it begins, and leads to its logs', async visit => {
  const { page, server } = visit
  visit.fill(200)
  await enter(visit)
  await visit.eventually(async () => assert.equal(await tile(visit, 'Alerts'), '0'))
  const since = new Date(Date.now() - 1000).toISOString()
  server.alerts.active.push({
    id: 7,
    rule_id: 'rule',
    rule: 'Checkout errors',
    severity: 'critical',
    group: { host: 'node-02' },
    status: 'firing',
    value: 21,
    since,
    window_end: since,
    silenced_by: null,
    acknowledged_by: null,
    acknowledged_at: null,
    note: null,
  })
  const row = visit.data.row(Date.now())
  server.append(PROJECT, [{ ...row, service: 'logboy-alerts', message: 'Checkout errors fires' }])
  await visit.eventually(async () => assert.equal(await tile(visit, 'Alerts'), '1'))
  const alerts = page.getByRole('list', { name: 'Active alerts' })
  await alerts.getByText('firing: 21 > 20').waitFor()
  await assertAccessible(page, 'the dashboard with an alert')
  await alerts.getByRole('button', { name: 'Acknowledge' }).click()
  await alerts.getByText('seen by Ada').waitFor()
  await alerts.getByRole('button', { name: 'Checkout errors' }).click()
  await visit.eventually(() => {
    const params = new URL(page.url()).searchParams
    assert.equal(params.get('q'), 'level:error host:node-02')
    assert.ok(params.has('from'))
  })
})

browse('the stream fills the screen, and Escape leaves it', async visit => {
  const { page } = visit
  visit.fill(50)
  await enter(visit)
  await page.keyboard.press('s')
  const stream = page.getByRole('dialog', { name: 'Stream' })
  await stream.locator('.stream-row').first().waitFor()
  const [row] = visit.arrive(1)
  await stream
    .locator('.stream-row')
    .first()
    .getByText(row?.message.slice(0, 30) ?? '')
    .waitFor()
  await page.keyboard.press('Escape')
  await stream.waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).searchParams.get('stream'), null)
})

for (const width of [1440, 390]) {
  browse(
    `everybody can use the dashboard, at ${width} pixels`,
    async visit => {
      const { page } = visit
      visit.fill(400)
      await enter(visit)
      await page.locator('.slow-table').waitFor()
      await page.getByRole('slider', { name: 'p95 of http.duration' }).waitFor()
      await byDayAndNight(page, scheme => assertAccessible(page, `the dashboard, ${scheme}`))
      const wide = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.querySelector('.dashboard') ?? document.body
        return scrollWidth - clientWidth
      })
      assert.ok(wide <= 1, `${wide} pixels too wide`)
    },
    width,
  )
}
