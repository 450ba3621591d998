/** Main paths through the pages of alerts. */
import assert from 'node:assert/strict'
import { assertAccessible } from './accessibility.ts'
import { browse } from './browse.ts'
import { PROJECT, tooWide, type Visit } from './browser-bench.ts'
import { fillAlerts } from './sample-alerts.ts'

/** Signs in, and is at the page of alerts. */
async function enter(visit: Visit, tab: string, search = ''): Promise<void> {
  const { page, server } = visit
  fillAlerts(server)
  await visit.enter(`/alerts/${tab}?project=${PROJECT}${search}`)
  await page.locator('.section').first().waitFor()
  await page.waitForFunction(() => document.querySelector('.skeleton') === null)
}

/** For everybody at 390 pixels and in a colour scheme; the colours are proven elsewhere. */
async function assertGood(
  { page }: Visit,
  what: string,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const size = page.viewportSize()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await assertAccessible(page, what)
  assert.deepEqual(await tooWide(page), [], what)
  if (size !== null) await page.setViewportSize(size)
}

browse('what fires is acknowledged with a note, and leads to its logs', async visit => {
  const { page } = visit
  await enter(visit, 'active')
  const fires = page.getByRole('listitem').filter({ hasText: 'host web-1' })
  await fires.getByText('64 > 20').waitFor()
  await fires.getByRole('img', { name: 'count of late' }).waitFor()
  const { series } = visit.server.alerts
  await assertGood(visit, 'active alerts by day', 'light')
  await assertGood(visit, 'active alerts by night', 'dark')
  await fires.getByRole('button', { name: 'Acknowledge' }).click()
  await page.getByLabel('Note').fill('Restarting it')
  await page.keyboard.press('Enter')
  await fires.getByText('Restarting it').waitFor()
  await fires.getByRole('img', { name: 'count of late' }).waitFor()
  assert.equal(visit.server.alerts.series, series, 'once, however often the list is read')
  await fires.getByRole('link', { name: 'Logs' }).click()
  await page.locator('#query').waitFor()
  const { pathname, searchParams } = new URL(page.url())
  assert.equal(pathname, '/explore')
  assert.equal(searchParams.get('q'), 'service:payment-service level:error host:web-1')
  assert.ok(searchParams.has('from') && searchParams.has('to'))
})

browse(
  'rules are listed with state and fault, paused, deleted, and come from files',
  async visit => {
    const { page, server } = visit
    await enter(visit, 'rules')
    await page.getByRole('row', { name: /Checkout errors.*firing/ }).waitFor()
    await page.getByText('Not evaluated: query: a group was never closed').waitFor()
    await page.getByText('1,204 rows came late').waitFor()
    await assertGood(visit, 'rules', 'dark')
    await page.getByRole('button', { name: 'Pause Slow payments' }).click()
    await page.getByRole('row', { name: /Slow payments.*paused/ }).waitFor()
    assert.equal(server.alerts.rules.find(({ id }) => id === 'slow')?.rule.enabled, false)
    await page.getByRole('button', { name: 'Delete Gateway timeouts' }).click()
    await page.getByRole('button', { name: 'Delete rule' }).click()
    await visit.eventually(async () =>
      assert.equal(await page.getByText('Gateway timeouts').count(), 0),
    )
    await page.getByRole('button', { name: 'Import' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('YAML or JSON').fill('rules:\n  - wrong: 1')
    await dialog.getByRole('button', { name: 'Import' }).click()
    await dialog.getByRole('button', { name: 'line 2, column 5' }).click()
    const selected = await dialog
      .getByLabel('YAML or JSON')
      .evaluate(box => (box as HTMLTextAreaElement).selectionStart)
    assert.equal(selected, 11)
    await dialog.getByLabel('YAML or JSON').fill('rules: []')
    await dialog.getByRole('button', { name: 'Import' }).click()
    await page.getByText('From a file').waitFor()
  },
)

browse('the history is a timeline with filters and pages in the URL', async visit => {
  const { page } = visit
  await enter(visit, 'history')
  await page.getByText('acknowledged by administrator').waitFor()
  assert.equal(await page.locator('.timeline-entry').count(), 100)
  await assertGood(visit, 'history', 'light')
  await page.getByRole('button', { name: 'Older' }).click()
  await visit.eventually(async () =>
    assert.equal(await page.locator('.timeline-entry').count(), 14),
  )
  await page.getByLabel('What happened').selectOption('People did something')
  await visit.eventually(async () => assert.equal(await page.locator('.timeline-entry').count(), 1))
  await page.getByLabel('Rule').selectOption('Slow payments')
  await page.getByText('Nothing yet').waitFor()
  assert.match(page.url(), /to=people.*rule=slow/)
})

browse('the bell counts what fires everywhere, and says when something begins', async visit => {
  const { page, server } = visit
  await enter(visit, 'rules')
  await page.getByRole('button', { name: 'Alerts: 2 firing' }).click()
  await page.getByRole('list', { name: 'What fires' }).getByRole('link').nth(1).waitFor()
  await page.keyboard.press('Escape')
  const [first] = server.alerts.active
  assert.ok(first)
  // A page that nobody sees asks for nothing by itself: what comes now is pushed.
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }))
  const since = new Date(Date.now()).toISOString()
  server.alerts.begin({ ...first, id: 9, rule: 'Disk is full', since })
  const said = page.getByRole('status', { name: 'A new alert' })
  await said.getByText('Disk is full').waitFor()
  await page.getByRole('button', { name: 'Alerts: 3 firing' }).waitFor()
  await said.getByRole('link').click()
  await page.locator('.alert-sought').getByText('Disk is full').waitFor()
  assert.equal(await said.getByRole('link').count(), 0, 'who follows it has seen it')
  await assertGood(visit, 'the alert that was followed', 'dark')
})

browse('a new alert is said on any page, and once, however often the socket opens', async visit => {
  const { page, server } = visit
  visit.fill(10)
  await enter(visit, 'rules')
  await page.goto(`${visit.url}/explore?project=${PROJECT}`)
  await page.getByRole('button', { name: 'Alerts: 2 firing' }).waitFor()
  const [first] = server.alerts.active
  assert.ok(first)
  const since = new Date(Date.now()).toISOString()
  const said = page.getByRole('status', { name: 'A new alert' })
  server.alerts.active.push({ ...first, id: 8, rule: 'Disk is slow', since })
  server.alerts.begin({ ...first, id: 9, rule: 'Disk is full', since })
  await said.getByText('and 1 more').waitFor()
  await assertGood(visit, 'a new alert', 'dark')
  await page.getByRole('button', { name: 'Alerts: 4 firing' }).click()
  await page.getByRole('list', { name: 'What fires' }).waitFor()
  assert.equal(await said.getByRole('link').count(), 0, 'who opens the bell has seen it')
  await page.keyboard.press('Escape')
  const { asked } = server.alerts
  server.alerts.greet()
  await visit.eventually(() => assert.ok(server.alerts.asked > asked))
  await page.getByRole('button', { name: 'Alerts: 4 firing' }).waitFor()
  assert.equal(await said.getByRole('link').count(), 0)
})

browse('a rule is begun in Explore, seen while it is written, tested and saved', async visit => {
  const { page, server } = visit
  visit.fill(100)
  await enter(visit, 'rules')
  const query = encodeURIComponent('service:cart | count by host')
  await page.goto(`${visit.url}/explore?project=${PROJECT}&level=ERROR&q=${query}`)
  await page.getByRole('link', { name: 'Alert on this' }).click()
  assert.equal(await page.getByLabel('Which logs').inputValue(), 'service:cart level:error')
  await page.getByRole('button', { name: 'Not for each host' }).waitFor()
  await page.getByText('here is what it would have said').waitFor()
  await page.getByRole('button', { name: 'Make rule' }).click()
  await page.getByText('Enter a name that tells people').waitFor()
  await page.getByText('Expected >, >=, < or <= and a number').waitFor()
  await page.getByLabel('Name').fill('Cart errors')
  await page.getByLabel('Threshold').fill('20')
  await page.getByText('for each host by itself').waitFor()
  await page.getByText('would have fired once').waitFor()
  await page.getByText('fires 20').waitFor()
  await assertGood(visit, 'the editor by day', 'light')
  await assertGood(visit, 'the editor by night', 'dark')
  await page.getByLabel('Which logs').fill('service:cart (')
  await page.locator('.query-error').waitFor()
  await page.getByLabel('Which logs').fill('service:cart hos')
  await page.getByRole('option', { name: /^host/ }).click()
  assert.equal(await page.getByLabel('Which logs').inputValue(), 'service:cart host:')
  await page.getByLabel('Which logs').fill('service:cart')
  await page.getByRole('button', { name: 'Run backtest' }).click()
  await page.getByText('Groups that fired').waitFor()
  await page.getByText('Notifications', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'As YAML' }).click()
  await page.getByRole('region', { name: 'As YAML' }).getByText('query: "service:cart"').waitFor()
  await page.getByRole('button', { name: 'Make rule' }).click()
  await page.getByRole('link', { name: 'Cart errors' }).click()
  await page.getByLabel('Name').fill('Checkout errors')
  await page.getByRole('button', { name: 'Save rule' }).click()
  await page.getByText('The project has a rule of this name').waitFor()
  await page.getByLabel('Has to last for').fill('2m')
  await page.getByLabel('Name').fill('Cart fails')
  await page.getByRole('button', { name: 'Save rule' }).click()
  await page.getByRole('link', { name: 'Cart fails' }).waitFor()
  assert.deepEqual(server.alerts.rules.at(-1)?.rule, {
    name: 'Cart fails',
    query: 'service:cart',
    aggregate: 'count',
    window: '5m',
    condition: '> 20',
    by: ['host'],
    for: '2m',
    severity: 'warning',
  })
})

browse(
  'of two who change one rule, channel or silence the later one is told, and means it the second time',
  async visit => {
    const { page, server } = visit
    await enter(visit, 'rules/checkout')
    await page.getByLabel('Name', { exact: true }).fill('Checkout fails')
    const at = server.alerts.rules.findIndex(({ id }) => id === 'checkout')
    const theirs = server.alerts.rules[at]
    assert.ok(theirs)
    server.alerts.rules[at] = { ...theirs, version: 8 }
    await page.getByRole('button', { name: 'Save rule' }).click()
    await page.getByText('somebody else changed this rule meanwhile. Save again').waitFor()
    assert.equal(server.alerts.rules[at]?.rule.name, 'Checkout errors')
    await page.getByRole('button', { name: 'Save rule' }).click()
    await page.getByText('Checkout fails is saved').waitFor()
    assert.equal(server.alerts.rules[at]?.rule.name, 'Checkout fails')

    await page.getByRole('link', { name: 'Channels' }).click()
    const { channels } = server.channels
    const mail = page.getByRole('listitem').filter({ hasText: 'night@example.org' })
    await mail.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('Name', { exact: true }).fill('mine')
    changeTo(channels, 'mail', { name: 'theirs' })
    await page.getByRole('button', { name: 'Save channel' }).click()
    await page.getByText('this channel meanwhile. Save again to replace it, cancel to').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await mail.getByText('theirs').waitFor()
    await mail.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('Name', { exact: true }).fill('mine')
    changeTo(channels, 'mail', { severity: 'info' })
    await page.getByRole('button', { name: 'Save channel' }).click()
    await page.getByText('somebody else changed this channel meanwhile.').waitFor()
    await page.getByRole('button', { name: 'Save channel' }).click()
    await page.getByText('mine is saved').waitFor()

    await page.getByRole('link', { name: 'Silences' }).click()
    const disks = page.getByRole('row', { name: /db-/ })
    await disks.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('Comment').fill('mine')
    changeTo(server.channels.silences, 'disks', { comment: 'theirs' })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('this silence meanwhile. Save again to replace it, cancel to').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await disks.getByText('mine').waitFor()
  },
)

/** As if somebody else had changed it. */
function changeTo<Thing extends { readonly id: string; readonly version: number }>(
  things: Thing[],
  id: string,
  change: Partial<Thing>,
): void {
  const at = things.findIndex(thing => thing.id === id)
  const known = things[at]
  assert.ok(known)
  things[at] = { ...known, ...change, version: known.version + 1 }
}

browse(
  'a channel of each kind is made, tested and changed, and tells what came of it',
  async visit => {
    const { page, server } = visit
    await enter(visit, 'channels')
    await page.getByText('Hears of 1 rule').first().waitFor()
    await assertGood(visit, 'channels', 'dark')
    const slack = page.getByRole('listitem').filter({ hasText: 'payments in Slack' })
    await slack.getByRole('button', { name: 'Test' }).click()
    await slack.getByText('403: invalid_token').waitFor()
    await slack.getByRole('button', { name: 'Deliveries' }).click()
    await page.getByRole('dialog').getByText('possibly repeated').waitFor()
    await assertAccessible(page, 'deliveries', '.dialog')
    await page.getByRole('row', { name: 'given up' }).getByRole('button').click()
    await page.getByText('It is told again').waitFor()
    await page.getByRole('row').nth(1).getByText('delivered').waitFor()
    await page.keyboard.press('Escape')
    const make = async (kind: string, fields: Readonly<Record<string, string>>): Promise<void> => {
      await page.getByRole('button', { name: 'New channel' }).click()
      await page.getByLabel('Kind').selectOption(kind)
      for (const [label, text] of Object.entries({ Name: `new ${kind}`, ...fields }))
        await page.getByRole('dialog').getByLabel(label, { exact: true }).fill(text)
      await page.getByRole('button', { name: 'Save channel' }).click()
    }
    await make('webhook', { Address: 'example.org' })
    await page.getByText('Expected a web address').waitFor()
    await page.getByLabel('Address').fill('https://example.org/hook')
    await page.keyboard.press('Enter')
    await page.getByText('whsec_made_for_you').waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await make('teams', { 'Address of the workflow': 'https://teams.example/x' })
    await make('pagerduty', { 'Integration key': 'k' })
    await make('alertmanager', { 'Base address': 'http://am:9093' })
    await make('email', { To: 'nobody' })
    await page.getByText('Invalid email address').waitFor()
    await page.getByLabel('To', { exact: true }).fill('ada@example.org bob@example.org')
    await page.keyboard.press('Enter')
    const mail = page.getByRole('listitem').filter({ hasText: 'new email' })
    await mail.getByText('ada@example.org, bob@example.org').waitFor()
    await mail.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('Is told of').selectOption('Critical ones alone')
    await page.getByText('How often').click()
    await page.getByLabel('The first waits for others').fill('30s')
    await page.getByText('What messages say').click()
    await page.getByLabel('Title').fill('{{ruel}}')
    await page.getByText('a message has no ruel at 2').waitFor()
    await page.getByLabel('Title').fill('{{rule}}')
    await page.getByLabel('Preview').getByText('Checkout errors').waitFor()
    await page.getByText('As it is sent').click()
    await page.getByLabel('Preview').getByText('"sent_to": "email"').waitFor()
    await assertAccessible(page, 'a channel', '.dialog')
    await page.getByRole('button', { name: 'Save channel' }).click()
    await mail.getByText('from critical on').waitFor()
    await mail.getByText('waits 30s').waitFor()
    await mail.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete channel' }).click()
    await visit.eventually(() => assert.equal(server.channels.channels.length, 7))
  },
)

browse('what is active is silenced in one step, and a silence changed and ended', async visit => {
  const { page, server } = visit
  await enter(visit, 'active')
  await page
    .getByRole('listitem')
    .filter({ hasText: 'host web-1' })
    .getByRole('button', { name: 'Silence' })
    .click()
  await page.getByText('Fits 1 of 4 active alerts').waitFor()
  await assertAccessible(page, 'a silence', '.dialog')
  await page.getByRole('button', { name: 'Leave out host' }).click()
  await page.getByText('Fits 2 of 4 active alerts').waitFor()
  await page.getByLabel('Comment').fill('known')
  await page.getByRole('dialog').getByRole('button', { name: 'Silence', exact: true }).click()
  await page.getByRole('link', { name: 'Silences' }).click()
  await page.getByRole('row', { name: /Checkout errors.*known.*active/ }).waitFor()
  assert.deepEqual(server.channels.silences[0]?.matchers, [
    { label: 'alertname', op: '=', value: 'Checkout errors' },
  ])
  await assertGood(visit, 'silences', 'light')
  const disks = page.getByRole('row', { name: /New disks/ })
  await disks.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('Value').fill('db-(')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('db-( is no expression').waitFor()
  await page.getByLabel('Value').fill('db-1')
  await page.getByRole('button', { name: 'Save' }).click()
  await disks.getByText('db-1').waitFor()
  await disks.getByRole('button', { name: 'End' }).click()
  await page.getByRole('button', { name: 'End silence' }).click()
  await disks.getByText('expired').waitFor()
})
