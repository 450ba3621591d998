/** What the explorer's tools do, each as somebody would use it. */
import assert from 'node:assert/strict'
import type { Row } from '#proto/api.ts'
import { assertAccessible } from './accessibility.ts'
import { browse, byDayAndNight } from './browse.ts'
import { PROJECT, type Visit } from './browser-bench.ts'

export function search({ page }: Visit): URLSearchParams {
  return new URL(page.url()).searchParams
}

export async function assertSearch(
  visit: Visit,
  name: string,
  value: string | null,
): Promise<void> {
  await visit.eventually(() => assert.equal(search(visit).get(name), value))
}

/** A row of this moment that differs from the usual ones. */
export function special(visit: Visit, parts: Partial<Row>): void {
  visit.server.append(PROJECT, [{ ...visit.data.row(Date.now() - 500), ...parts }])
}

/** Nothing sticks out of its place. */
async function assertFits({ page }: Visit, parts: string): Promise<void> {
  const wide = await page.evaluate(
    selector =>
      [...document.querySelectorAll(selector)]
        .filter(part => part.scrollWidth > part.clientWidth + 1)
        .map(part => `${part.className} ${part.scrollWidth} > ${part.clientWidth}`),
    parts,
  )
  assert.deepEqual(wide, [])
}

browse('fields and values are completed, and what was asked is remembered', async visit => {
  const { page } = visit
  visit.fill(400)
  await visit.signIn()
  const query = page.getByLabel('Search logs')
  await query.click()
  await page.keyboard.type('statu')
  await page.getByRole('option', { name: 'status' }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await query.inputValue(), 'status:')
  await page.keyboard.type('20')
  await page.getByRole('option', { name: '200' }).waitFor()
  await page.keyboard.press('ArrowDown')
  assert.equal(await query.getAttribute('aria-activedescendant'), 'query-offer-0')
  await page.keyboard.press('Enter')
  assert.equal(await query.inputValue(), 'status:200 ')
  await page.keyboard.press('Enter')
  await assertSearch(visit, 'q', 'status:200')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await query.click()
  await page.getByRole('option', { name: 'status:200' }).click()
  assert.equal(await query.inputValue(), 'status:200')
})

browse('columns are added, drawn wider, moved and removed, and stand in the URL', async visit => {
  const { page } = visit
  visit.fill(100)
  special(visit, { attributes: { status: 418 } })
  await visit.signIn()
  await page.keyboard.press('c')
  await page.getByLabel('Add a column').fill('statu')
  await page.keyboard.press('Enter')
  await assertSearch(visit, 'cols', 'service,host,status')
  await page.keyboard.press('Escape')
  const first = page.locator('.row').first()
  assert.deepEqual(await first.locator('.cell-field').last().innerText(), '418')
  await page.getByRole('separator', { name: 'Width of status' }).press('ArrowRight')
  await assertSearch(visit, 'cols', 'service,host,status~146')
  await page.locator('.rows-head').getByRole('button', { name: 'Column status' }).click()
  await page.getByRole('button', { name: 'Move left' }).click()
  await assertSearch(visit, 'cols', 'service,status~146,host')
  await page.locator('.rows-head').getByRole('button', { name: 'Column host' }).click()
  await page.getByRole('button', { name: 'Remove' }).click()
  await assertSearch(visit, 'cols', 'service,status~146')
})

browse('any field is a filter: values in and out, numbers by a range', async visit => {
  const { page } = visit
  visit.fill(600)
  await visit.signIn()
  const rows = visit.server.rowsOf(PROJECT)
  const hosts = [...new Set(rows.map(row => row.host))].sort()
  const [one = '', two = ''] = hosts
  const count = (check: (row: Row) => boolean): number => rows.filter(check).length
  await page.getByRole('button', { name: 'host', exact: true }).click()
  await page.locator('.field-facet .facet-toggle', { hasText: one }).click()
  await visit.eventually(async () =>
    assert.equal(
      await visit.total(),
      count(row => row.host === one),
    ),
  )
  await page.locator('.field-facet .facet-toggle', { hasText: two }).click()
  await visit.eventually(async () =>
    assert.equal(
      await visit.total(),
      count(row => row.host === one || row.host === two),
    ),
  )
  await page.locator('.field-facet-head').getByRole('button', { name: 'Clear' }).click()
  await assertSearch(visit, 'q', null)
  await page.locator('.field-facet .facet-item', { hasText: one }).hover()
  await page.getByRole('button', { name: `Without ${one}` }).click()
  await visit.eventually(async () =>
    assert.equal(
      await visit.total(),
      count(row => row.host !== one),
    ),
  )
  await page.getByRole('button', { name: 'duration_ms', exact: true }).click()
  await page.getByLabel('duration_ms from').fill('50')
  await page.keyboard.press('Enter')
  await assertSearch(visit, 'q', `-host:${one} duration_ms:>=50`)
})

browse('wrapped rows show all of a message, in the colours of its terminal', async visit => {
  const { page } = visit
  visit.fill(60)
  const red = '\u001b[1;31mred alert\u001b[0m'
  special(visit, { message: `${red}\nsecond line\nthird`, attributes: {} })
  await visit.signIn()
  const row = page.locator('.row').first()
  await row.locator('.ansi-1.ansi-bold', { hasText: 'red alert' }).waitFor()
  const low = (await row.boundingBox())?.height ?? 0
  await page.keyboard.press('w')
  await visit.eventually(async () => {
    const high = (await row.boundingBox())?.height ?? 0
    assert.ok(high >= low + 36, `${high} of ${low}`)
  })
  assert.match(await row.innerText(), /second line\nthird/)
  await page.reload()
  await page.locator('.rows-wrapped').waitFor()
})

browse('around a row: what was logged before and after, and in its trace', async visit => {
  const { page } = visit
  visit.fill(300)
  const trace_id = 'ab'.repeat(16)
  for (const message of ['first of trace', 'last of trace']) special(visit, { message, trace_id })
  await visit.signIn()
  await page.locator('.row', { hasText: 'last of trace' }).click()
  const detail = page.getByRole('complementary', { name: 'Log details' })
  await detail.getByRole('tab', { name: 'Trace' }).click()
  await detail.locator('.context-row', { hasText: 'first of trace' }).click()
  await assertSearch(visit, 'tab', 'trace')
  const first = visit.server.rowsOf(PROJECT).at(-2)
  await assertSearch(visit, 'row', first?.id ?? '')
  await detail.getByRole('tab', { name: 'Context' }).click()
  await detail.locator('.context-row[aria-current]').waitFor()
  await detail.getByRole('tab', { name: 'Fields' }).click()
  await detail.getByText('host', { exact: true }).hover()
  await detail.getByRole('button', { name: 'Only rows without this host' }).click()
  await assertSearch(visit, 'q', `-host:${first?.host}`)
})

browse('patterns count every log, and lead to those of one', async visit => {
  const { page } = visit
  visit.fill(500)
  await visit.signIn()
  await page.keyboard.press('m')
  await page.getByText('patterns in 500 logs').waitFor()
  const line = page.locator('.pattern-button').first()
  const count = Number(await line.locator('.pattern-count').innerText())
  assert.ok(count > 10, `${count}`)
  await line.click()
  await assertSearch(visit, 'view', null)
  await visit.eventually(() => assert.match(search(visit).get('q') ?? '', /^pattern_id:\d+$/))
})

browse('the range is compared with the time before it', async visit => {
  const { page } = visit
  const nowMs = Date.now()
  visit.server.append(PROJECT, visit.data.history(300, nowMs - 25 * 60_000, nowMs - 16 * 60_000))
  visit.fill(450)
  await visit.signIn()
  await page.keyboard.press('x')
  await page.locator('.chart-change', { hasText: '+50 %' }).waitFor()
  assert.equal(await page.locator('.histogram-before').count(), 1)
  await assertSearch(visit, 'compare', '1')
})

browse('what is shown is exported as a file', async visit => {
  const { page } = visit
  visit.fill(50)
  await visit.signIn(`/explore?project=${PROJECT}&q=status:200&level=INFO`)
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV of these columns' }).click(),
  ])
  const params = new URL(file.url()).searchParams
  assert.deepEqual(
    ['format', 'query', 'levels', 'columns'].map(name => params.get(name)),
    ['csv', 'status:200', 'INFO', 'time,level,service,host,message'],
  )
})

browse('a view is saved, opened again, replaced and deleted', async visit => {
  const { page, server } = visit
  visit.fill(200)
  await visit.signIn(`/explore?project=${PROJECT}&q=status:200`)
  await page.keyboard.press('v')
  await page.getByLabel('Name of this view').fill('All well')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('list', { name: 'Saved views' }).getByText('All well').waitFor()
  assert.deepEqual(
    server.explore.views.map(({ name, address, shared }) => [name, address, shared]),
    [['All well', 'q=status%3A200', true]],
  )
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await assertSearch(visit, 'q', null)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Saved views' }).click()
  await page.getByRole('button', { name: 'All well', exact: true }).click()
  await assertSearch(visit, 'q', 'status:200')
  await page.locator('.facet-toggle', { hasText: 'INFO' }).click()
  await page.getByRole('button', { name: 'Saved views' }).click()
  const replace = page.getByRole('button', { name: 'Replace All well' })
  await replace.waitFor()
  // Somebody else was faster.
  const [view] = server.explore.views
  if (view !== undefined) server.explore.views[0] = { ...view, version: 7 }
  await replace.click()
  await page.getByText('Somebody else changed this view').waitFor()
  await replace.click()
  await visit.eventually(() =>
    assert.equal(server.explore.views[0]?.address, 'q=status%3A200&level=INFO'),
  )
  await page.getByRole('button', { name: 'Delete All well' }).click()
  await page.getByRole('button', { name: 'Really delete All well' }).click()
  await visit.eventually(() => assert.equal(server.explore.views.length, 0))
})

browse('an analysis is drawn as one wants it, and leads to its logs', async visit => {
  const { page } = visit
  visit.fill(300)
  await visit.signIn(`/explore?project=${PROJECT}&q=%7C+timechart+1m+count+by+level`)
  await page.locator('.timechart path.series-info').waitFor()
  await page.getByRole('button', { name: 'Line' }).click()
  await page.locator('.timechart path.series-line').first().waitFor()
  await assertSearch(visit, 'as', 'line')
  await page.getByLabel('Search logs').fill('| count by service')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Bars' }).click()
  const group = page.locator('.bar-item').first()
  const name = await group.locator('.bar-name').innerText()
  await group.click()
  await assertSearch(visit, 'q', `service:${name}`)
})

browse('everybody can use the explorer, by day and by night', async visit => {
  const { page } = visit
  visit.fill(300)
  special(visit, { level: 'FATAL', message: '\u001b[33mwarn\u001b[0m \u001b[44mblue\u001b[0m' })
  await visit.signIn(`/explore?project=${PROJECT}&level=INFO&level=FATAL`)
  await page.getByRole('button', { name: 'host', exact: true }).click()
  await byDayAndNight(page, scheme => assertAccessible(page, `the explorer, ${scheme}`))
  await page.locator('.row').first().click()
  await page.getByRole('tab', { name: 'Context' }).click()
  await page.locator('.context-row').first().waitFor()
  await assertAccessible(page, 'the details of a row')
  await page.keyboard.press('Escape')
  for (const name of ['Columns and density', 'Saved views', 'Export']) {
    await page.getByRole('button', { name, exact: true }).click()
    await assertAccessible(page, name, '.popover-panel')
    await page.keyboard.press('Escape')
  }
  await page.goto(`${visit.url}/explore?project=${PROJECT}&view=patterns&compare=1`)
  await page.locator('.pattern-button').first().waitFor()
  await assertAccessible(page, 'patterns')
})

browse(
  'the explorer is used with a thumb',
  async visit => {
    const { page } = visit
    visit.fill(300)
    await visit.signIn(`/explore?project=${PROJECT}&live=1`)
    await page.locator('.rows-stacked .row').first().waitFor()
    await assertFits(visit, '.top-bar, .toolbar, .toolbar-line, .chart-head, .results, .rows')
    await page.getByRole('button', { name: 'Filters' }).click()
    await page.locator('.drawer-open .facet-toggle', { hasText: 'INFO' }).click()
    await page
      .getByRole('button', { name: 'Close the filters' })
      .click({ position: { x: 380, y: 300 } })
    await assertSearch(visit, 'level', 'INFO')
    await page.locator('.row').nth(2).click()
    await page.getByRole('complementary', { name: 'Log details' }).waitFor()
    await assertFits(visit, '.detail, .detail-scroll')
    await assertAccessible(page, 'the explorer at 390 pixels')
  },
  390,
)
