/** How logs are read: which time, how rows look, what is copied, and every key of the sheet. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { browse } from './browse.ts'
import { PROJECT, type Visit } from './browser-bench.ts'
import { assertSearch, search, special } from './explore-tools.ts'

const MINUTE_MS = 60_000

/** The span in the address: both ends, in milliseconds. */
function span(visit: Visit): readonly number[] {
  return ['from', 'to'].map(name => Date.parse(search(visit).get(name) ?? ''))
}

/** What lies in the clipboard. */
function copied(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText())
}

browse('a time is typed, pasted, doubled, and given by its ends', async visit => {
  const { page } = visit
  visit.fill(300)
  await visit.signIn()
  const type = async (text: string): Promise<void> => {
    await page.keyboard.press('t')
    await page.getByLabel('Type a time range').fill(text)
    await page.keyboard.press('Enter')
  }
  await type('2h')
  await assertSearch(visit, 'last', '2h')
  await page.keyboard.press('z')
  await assertSearch(visit, 'last', '4h')
  await page.getByRole('button', { name: 'Zoom out in time' }).click()
  await assertSearch(visit, 'last', '8h')
  // As they come out of other tools: seconds, milliseconds, ISO with an offset.
  const startMs = Math.floor(Date.now() / 1000) * 1000 - 5 * MINUTE_MS
  for (const text of [
    String(startMs / 1000),
    String(startMs),
    new Date(startMs + 2 * 3_600_000).toISOString().replace('.000Z', '+02:00'),
  ]) {
    await type('1h')
    await assertSearch(visit, 'last', '1h')
    await type(text)
    await visit.eventually(() => assert.equal(span(visit)[0], startMs, text))
    await visit.eventually(async () => {
      const from = visit.server.rowsOf(PROJECT).filter(row => Date.parse(row.time) >= startMs)
      assert.equal(await visit.total(), from.length)
    })
  }
  const before = page.url()
  await type('whenever')
  await page.getByText('is no time that can be read').waitFor()
  await page.keyboard.press('Escape')
  assert.equal(page.url(), before)
  await page.keyboard.press('t')
  await page.getByLabel('From').fill('2026-11-21T09:00:00')
  await page.getByLabel('To', { exact: true }).fill('2026-11-21T10:30:00')
  await page.getByRole('button', { name: 'Apply' }).first().click()
  await visit.eventually(() => {
    const [from = 0, to = 0] = span(visit)
    assert.equal(to - from, 90 * MINUTE_MS)
  })
})

browse('times are those of the browser, or UTC', async visit => {
  const { page } = visit
  // A zone of its own: the browser's may be UTC.
  const client = await page.context().newCDPSession(page)
  await client.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' })
  special(visit, { time: '2026-11-21T20:15:30.123456Z' })
  const range = 'from=2026-11-21T20:00:00Z&to=2026-11-21T21:00:00Z'
  await visit.signIn(`/explore?project=${PROJECT}&${range}`)
  const time = page.locator('.row .cell-time').first()
  await time.getByText('01:45:30').waitFor()
  assert.match(await page.locator('.range-text').innerText(), /01:30.* – 02:30/)
  await page.keyboard.press('t')
  await page
    .getByRole('group', { name: 'Time zone' })
    .getByRole('button', { name: 'UTC', exact: true })
    .click()
  await time.getByText('20:15:30').waitFor()
  await assertSearch(visit, 'tz', null)
  assert.match(await page.locator('.range-text').innerText(), /20:00.* – 21:00.* UTC$/)
  await page.reload()
  await time.getByText('20:15:30').waitFor()
})

browse('fields and services are looked for in the sidebar, and fields pinned', async visit => {
  const { page } = visit
  visit.fill(400)
  for (let at = 0; at < 14; at++) special(visit, { service: `worker-${at}` })
  await visit.signIn()
  await page.getByLabel('Find a service').fill('worker-13')
  const services = page.getByRole('region', { name: 'Filter by service' })
  await visit.eventually(async () => assert.equal(await services.locator('.facet-item').count(), 1))
  await services.locator('.facet-toggle').click()
  await visit.eventually(async () => assert.equal(await visit.total(), 1))
  await services.getByRole('button', { name: 'Clear' }).click()
  const names = page.locator('.field-facet-name')
  await names.first().waitFor()
  assert.notEqual(await names.first().innerText(), 'currency')
  await page.getByLabel('Find a field').fill('curr')
  await visit.eventually(async () => assert.deepEqual(await names.allInnerTexts(), ['currency']))
  await page.getByRole('button', { name: 'Pin currency' }).click()
  await page.getByLabel('Find a field').fill('')
  await visit.eventually(async () => {
    assert.ok((await names.count()) > 1)
    assert.equal(await names.first().innerText(), 'currency')
  })
  await page.reload()
  await visit.eventually(async () => assert.equal(await names.first().innerText(), 'currency'))
  await page.locator('.field-facet .facet-toggle', { hasText: 'EUR' }).waitFor()
})

browse('rows are as dense as one likes, and JSON is indented', async visit => {
  const { page } = visit
  visit.fill(60)
  special(visit, { message: '{"order":{"id":7,"items":[1,2]}}', attributes: {} })
  await visit.signIn()
  const row = page.locator('.row').first()
  const heightAs = async (name: string): Promise<number> => {
    await page.getByRole('button', { name: 'Columns and density' }).click()
    await page.getByRole('group', { name: 'Density' }).getByRole('button', { name }).click()
    await page.keyboard.press('Escape')
    return (await row.boundingBox())?.height ?? 0
  }
  const [compact, roomy] = [await heightAs('Compact'), await heightAs('Roomy')]
  assert.ok(compact < roomy, `${compact} and ${roomy}`)
  await page.reload()
  await row.waitFor()
  assert.equal((await row.boundingBox())?.height, roomy)
  await page.keyboard.press('w')
  await row.getByText('"items": [').waitFor()
  assert.match(await row.innerText(), /\{\n\s+"order": \{\n/)
  await row.click()
  const message = page.locator('.detail-message .detail-json').first()
  assert.match(await message.innerText(), /\{\n {2}"order": \{\n {4}"id": 7/)
  await page.getByRole('tab', { name: 'JSON' }).click()
  await page.getByText('"message": "{\\"order').waitFor()
})

browse('a value is copied, and a link that shows others the same row', async visit => {
  const { page } = visit
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  visit.fill(200)
  await visit.signIn()
  await page.locator('.row').nth(20).click()
  const detail = page.getByRole('complementary', { name: 'Log details' })
  const id = search(visit).get('row')
  const row = visit.server.rowsOf(PROJECT).find(other => other.id === id)
  await detail.getByText('host', { exact: true }).hover()
  await detail.getByRole('button', { name: 'Copy host' }).click()
  await page.getByText('host copied').waitFor()
  assert.equal(await copied(page), row?.host)
  await detail.getByRole('button', { name: 'Copy link to this log' }).click()
  await page.getByText('Link copied').waitFor()
  const link = await copied(page)
  // It stands still: rows that come later do not move it.
  visit.arrive(30)
  await page.goto('about:blank')
  await page.goto(link)
  await detail
    .getByText(row?.message ?? '')
    .first()
    .waitFor()
  assert.equal((await visit.shownIds()).includes(id ?? ''), true)
  assert.ok(Number.isFinite(span(visit)[1]))
})

browse('a pattern tells its share, its bars, and since when it is new', async visit => {
  const { page } = visit
  visit.fill(200)
  const hourAgo = new Date(Date.now() - 60 * MINUTE_MS).toISOString()
  const known = { message: 'An old acquaintance 7' }
  special(visit, { ...known, time: hourAgo, ingested_at: hourAgo })
  special(visit, known)
  special(visit, { message: 'Never seen before 7' })
  await visit.signIn(`/explore?project=${PROJECT}&view=patterns`)
  const line = (text: string) => page.locator('.pattern-line', { hasText: text })
  const fresh = line('Never seen before')
  await fresh.getByText(/^new since (\w{3} \d+ )?\d\d:\d\d:\d\d$/).waitFor()
  assert.match(await fresh.locator('.pattern-share').innerText(), /^0\.\d+ %$/)
  assert.match((await fresh.locator('.spark path').getAttribute('d')) ?? '', /^M[\d.]+ 22v-22/)
  assert.equal(await line('An old acquaintance').locator('.badge-new').count(), 0)
  await page.getByLabel('New only').check()
  await assertSearch(visit, 'new', '1')
  await line('An old acquaintance').waitFor({ state: 'detached' })
  await fresh.waitFor()
  await page.getByRole('button', { name: 'Newest' }).click()
  await assertSearch(visit, 'order', 'newest')
  await fresh.getByRole('button', { name: 'Without this pattern' }).click()
  await visit.eventually(() => assert.match(search(visit).get('q') ?? '', /^-pattern_id:\d+$/))
})

browse('an analysis is a table alone where one wants no chart', async visit => {
  const { page } = visit
  visit.fill(100)
  await visit.signIn(`/explore?project=${PROJECT}&q=%7C+timechart+1m+count+by+level`)
  await page.locator('.timechart').waitFor()
  await page.getByRole('button', { name: 'Table only' }).click()
  await assertSearch(visit, 'as', 'table')
  assert.equal(await page.locator('.timechart').count(), 0)
  await page.locator('.analysis tbody tr').first().waitFor()
})

browse('examples of queries are at hand, and one of them is asked', async visit => {
  const { page } = visit
  visit.fill(100)
  await visit.signIn()
  await page.getByRole('button', { name: 'Query help' }).click()
  await page.getByRole('button', { name: 'level:error | count by service' }).click()
  const query = page.getByLabel('Search logs')
  assert.equal(await query.inputValue(), 'level:error | count by service')
  await page.keyboard.press('Enter')
  await page.locator('.analysis th', { hasText: 'service' }).waitFor()
})

/** As the sheet writes them. */
const SHEET_NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  Escape: 'Esc',
}

browse('every key of the sheet does what the sheet says', async visit => {
  const { page, server } = visit
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  visit.fill(300)
  await visit.signIn()
  await page.locator('.row').first().waitFor()
  const pressed = new Set<string>()
  const press = async (key: string): Promise<void> => {
    pressed.add(SHEET_NAMES[key] ?? key)
    await page.keyboard.press(key)
  }
  const opens = async (key: string, label: string): Promise<void> => {
    await press(key)
    await page.getByLabel(label).waitFor()
    await page.keyboard.press('Escape')
    await page.getByLabel(label).waitFor({ state: 'detached' })
  }
  await press('/')
  await page.keyboard.type('status:200')
  await press('Enter')
  await assertSearch(visit, 'q', 'status:200')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await assertSearch(visit, 'q', null)
  await page.locator('#query').evaluate(input => (input as HTMLInputElement).blur())
  await opens('t', 'Type a time range')
  await press('z')
  await assertSearch(visit, 'last', '30m')
  await press('f')
  await page.locator('.sidebar-closed').waitFor()
  await press('f')
  await page.locator('.sidebar-closed').waitFor({ state: 'detached' })
  await visit.eventually(async () => assert.equal(await visit.total(), 300))
  const searches = server.searches.length
  await press('r')
  await visit.eventually(() => assert.ok(server.searches.length > searches))
  await opens('v', 'Name of this view')
  await opens('c', 'Add a column')
  await press('x')
  await assertSearch(visit, 'compare', '1')
  await press('m')
  await assertSearch(visit, 'view', 'patterns')
  await press('m')
  await assertSearch(visit, 'view', null)
  await page.locator('.row').first().waitFor()
  await press('w')
  await page.locator('.rows-wrapped').waitFor()
  await press('w')
  await page.locator('.rows-wrapped').waitFor({ state: 'detached' })

  // Arrows and Enter belong to a button that has the focus.
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  const ids = await visit.shownIds()
  for (const [key, at] of [
    ['j', 0],
    ['ArrowDown', 1],
    ['j', 2],
    ['ArrowUp', 1],
    ['k', 0],
  ] as const) {
    await press(key)
    const active = page.locator('.row[aria-selected=true]')
    await visit.eventually(async () => {
      assert.equal(await active.getAttribute('id'), `row-${ids[at]}`, key)
    })
  }
  await press('Enter')
  await assertSearch(visit, 'row', ids[0] ?? '')
  await press('y')
  await page.getByText('Link copied').waitFor()
  assert.equal(new URL(await copied(page)).searchParams.get('row'), ids[0])
  await press('Escape')
  await assertSearch(visit, 'row', null)
  const list = page.locator('.rows')
  await list.evaluate(rows => rows.scrollTo(0, 2000))
  await press('g')
  await visit.eventually(async () => {
    assert.equal(await list.evaluate(rows => rows.scrollTop), 0)
  })
  await press('l')
  await assertSearch(visit, 'live', '1')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await press('p')
  await page.getByText('Paused').waitFor()
  for (const [key, path] of [
    ['d', '/dashboard'],
    ['a', '/alerts'],
    ['o', '/project'],
    ['e', '/explore'],
  ] as const) {
    await press(key)
    await visit.eventually(() => assert.ok(new URL(page.url()).pathname.startsWith(path), key))
    if (key !== 'd') continue
    await page.locator('.tile').first().waitFor()
    await press('s')
    await page.getByRole('dialog', { name: 'Stream' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Stream' }).waitFor({ state: 'detached' })
  }
  await press('?')
  const told = await page.getByRole('dialog', { name: 'Keyboard' }).locator('kbd').allInnerTexts()
  assert.deepEqual([...new Set(told)].sort(), [...pressed].sort())
})
