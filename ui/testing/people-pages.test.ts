/** Main paths through the pages for people, projects and administration. */
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { assertAccessible, assertContrast } from './accessibility.ts'
import { browse, byDayAndNight } from './browse.ts'
import { PROJECT, tooWide, type Visit } from './browser-bench.ts'
import { PASSWORD } from './fake-people.ts'
import { fillPeople } from './sample-people.ts'

const FIRST_LOAD_BYTES_MAX = 150 * 1024
const ADA = 'ada@example.com'
const PROJECT_PAGES = [
  'send',
  'keys',
  'members',
  'roles',
  'usage',
  'dead-letters',
  'audit',
  'settings',
]
const PAGES = [
  ...PROJECT_PAGES.map(name => `/project/${name}?project=${PROJECT}`),
  '/account',
  '/admin/users',
  '/admin/audit',
  '/admin/system',
  '/admin/settings',
]

/** Signs in at the page that is wanted, and is there. */
async function enter({ page, url }: Visit, path: string, email = ADA): Promise<void> {
  await page.goto(`${url}${path}`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.locator('.top-bar').waitFor()
}

browse('a newcomer signs up, makes a project, and sees the first log arrive', async visit => {
  const { page, server, url } = visit
  server.projects.length = 0
  await page.goto(url)
  await page.getByRole('link', { name: 'Create the first one' }).click()
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Enter your name').waitFor()
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Email').fill(ADA)
  await page.getByLabel('Password').fill('1234567890')
  await page.keyboard.press('Enter')
  await page.getByText('One that everybody knows').waitFor()
  assert.equal(await page.getByLabel('Password').getAttribute('aria-invalid'), 'true')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Welcome to Logboy' }).waitFor()
  await page.getByLabel('Name').fill('shop')
  await page.keyboard.press('Enter')
  await page.getByText('Send the first log to shop').waitFor()
  await page.getByRole('link', { name: 'Project' }).click()
  await page.getByText('Waiting for the first log').waitFor()
  assert.match(await page.locator('.snippet pre').innerText(), /Bearer lb_ingestproject000_secret/)
  server.append(PROJECT, [visit.data.row(Date.now())])
  await page.locator('.arrival-good', { hasText: 'Logs arrive' }).waitFor()
  await page.getByRole('link', { name: 'Open in Explore' }).click()
  await page.locator('.row').first().waitFor()
})

browse('whoever signs in comes back to the page that was wanted', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  await page.goto(`${url}/project/keys?project=${PROJECT}`)
  await page.getByLabel('Email').fill(ADA)
  await page.getByLabel('Password').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByText('Email or password is wrong').waitFor()
  await page.getByRole('link', { name: 'Forgotten password' }).click()
  await page.getByRole('link', { name: 'Back to sign-in' }).click()
  await page.getByLabel('Email').fill(ADA)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'API Keys' }).waitFor()
  server.people.signOutEverybody()
  // The page that is there may notice first, and then there is no link any more.
  const clicked = page.getByRole('link', { name: 'Members' }).click()
  const asked = page.getByLabel('Password').waitFor()
  await Promise.race([asked, clicked])
  await asked
  await page.goto(`${url}/reset?token=reset-token`)
  await page.getByLabel('New password').fill('short')
  await page.keyboard.press('Enter')
  await page.getByText('5 more characters, please').waitFor()
  await page.getByLabel('New password').fill('another fine horse')
  await page.keyboard.press('Enter')
  await page.getByText('The password is set').waitFor()
})

browse('an expired session is refreshed once, for all requests and tabs', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  visit.fill(20)
  await enter(visit, `/project/members?project=${PROJECT}`)
  const other = await page.context().newPage()
  await other.goto(`${url}/project/keys?project=${PROJECT}`)
  await other.getByText('grafana').waitFor()
  assert.equal(server.people.refreshes, 0)
  server.people.expireSessions()
  await Promise.all([
    page.getByRole('link', { name: 'Usage and quotas' }).click(),
    other.getByRole('link', { name: 'Roles' }).click(),
  ])
  await page.locator('.facts').waitFor()
  await other.getByText('logs.delete').waitFor()
  assert.equal(server.people.refreshes, 1)
  await other.close()
})

browse('a live tail goes on when its session has expired', async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  visit.fill(5)
  await enter(visit, `/explore?project=${PROJECT}&live=1`)
  await page.locator('.row').nth(4).waitFor()
  server.people.expireSessions()
  server.tail.cut()
  visit.arrive(1)
  await page.locator('.row').nth(5).waitFor()
  assert.equal(server.people.refreshes, 1)
})

browse('a key is told once, rotated, and revoked', async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/project/keys?project=${PROJECT}`)
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByText('A key needs a name').waitFor()
  await dialog.getByLabel('Name', { exact: true }).fill('mailer')
  await dialog.getByLabel('Expires after').selectOption('7 days')
  await page.keyboard.press('Enter')
  await dialog.getByText(/^lb_key\d+_secret$/).waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page
    .getByRole('row', { name: /grafana/ })
    .getByRole('button', { name: 'Rotate' })
    .click()
  await dialog.getByLabel('The old key ends').selectOption('In a week')
  await dialog.getByRole('button', { name: 'Rotate key' }).click()
  await dialog.getByText(/^lb_key\d+_secret$/).waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page
    .getByRole('row', { name: /grafana/ })
    .nth(1)
    .waitFor()
  const row = page.getByRole('row', { name: /mailer/ })
  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await row.getByText('revoked').waitFor()
  assert.equal(await page.getByText(/_secret/).count(), 0)
})

browse('an invited person joins, and sees what the role allows', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/project/members?project=${PROJECT}`)
  await page.getByRole('row', { name: /Ada/ }).getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
  await page.getByText('The last owner stays').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Invite' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Email').fill('nobody')
  await dialog.getByRole('button', { name: 'Create invitation' }).click()
  await dialog.getByText('Expected an address').waitFor()
  await dialog.getByLabel('Email').fill('')
  await dialog.getByRole('button', { name: 'Create invitation' }).click()
  const link = new URL(await dialog.locator('.secret code').innerText())
  await page.goto(`${url}${link.pathname}${link.search}`)
  await page.getByRole('button', { name: `Join as ${ADA}` }).waitFor()
  server.people.signOutEverybody()
  await page.reload()
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByText('You are invited to demo as viewer').waitFor()
  await page.getByLabel('Name').fill('Barbara')
  await page.getByLabel('Email').fill('barbara@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Project' }).click()
  await page.getByRole('link', { name: 'Usage and quotas' }).click()
  await page.getByText('Those of the project are set by administrators').waitFor()
  assert.equal(await page.getByRole('link', { name: 'API Keys' }).count(), 0)
  await page.getByRole('link', { name: 'Members' }).click()
  assert.equal(await page.getByRole('button', { name: 'Invite' }).isDisabled(), true)
  assert.equal(await page.getByText('Invitations').count(), 0)
  await page.goto(`${url}/project/keys?project=${PROJECT}`)
  await page.getByText('This page is not open to you').waitFor()
  await page.goto(`${url}/admin/users`)
  await page.getByText('For administrators').waitFor()
})

browse('a link of an invitation that ended says so, and lets nobody in', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  for (const isIn of [false, true]) {
    await page.goto(`${url}/invitation?token=ended-long-ago`)
    await page.getByText('The invitation cannot be used').waitFor()
    await page.getByText('Ask for a new link').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Join/ }).count(), 0)
    if (!isIn) await enter(visit, '/account')
  }
})

browse(
  'limits are changed beside their use, and two who change them do not overrule',
  async visit => {
    const { page, server } = visit
    fillPeople(server.people, PROJECT)
    await enter(visit, `/project/usage?project=${PROJECT}`)
    const project = page.getByRole('row', { name: /^The project/ })
    await project.getByText('84, no limit').waitFor()
    await project.getByText('12', { exact: true }).waitFor()
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Change the limits of The project' }).click()
    await dialog.getByLabel('Logs a second').fill('-3')
    await dialog.getByRole('button', { name: 'Save limits' }).click()
    await dialog.locator('[aria-invalid=true]').waitFor()
    await dialog.getByLabel('Logs a second').fill('100')
    const [one] = server.projects
    assert.ok(one)
    server.projects[0] = { ...one, records_per_second: 50 }
    await dialog.getByRole('button', { name: 'Save limits' }).click()
    await dialog.getByText('it is now 50 logs').waitFor()
    assert.equal(await dialog.getByLabel('Logs a second').inputValue(), '100')
    await dialog.getByRole('button', { name: 'Save limits' }).click()
    await project.getByText('84 of 100').waitFor()
    const meter = page.getByRole('meter', { name: 'Logs a second of The project' })
    assert.equal(await meter.getAttribute('aria-valuenow'), '84')
    await page.getByRole('button', { name: 'Change the limits of checkout' }).click()
    await dialog.getByLabel('Bytes a second').fill('1048576')
    await dialog.getByRole('button', { name: 'Save limits' }).click()
    await page
      .getByRole('row', { name: /^checkout/ })
      .getByText('of 1 MiB')
      .waitFor()
  },
)

browse('a role is made of permissions and given', async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/project/roles?project=${PROJECT}`)
  await page.getByRole('button', { name: 'New role' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('owner')
  await dialog.getByRole('checkbox', { name: /logs\.delete/ }).check()
  await dialog.getByRole('button', { name: 'Save role' }).click()
  await dialog.getByText('There is a role of this name').waitFor()
  await dialog.getByLabel('Name', { exact: true }).fill('cleaner')
  await dialog.getByRole('button', { name: 'Save role' }).click()
  await page.getByRole('columnheader', { name: 'cleaner' }).waitFor()
  await page.getByRole('link', { name: 'Members' }).click()
  await page.getByLabel('Role of Grace').selectOption('cleaner')
  await page.getByText('Grace is cleaner now').waitFor()
  assert.deepEqual(server.people.of(PROJECT).roles.at(-1)?.permissions, [
    'logs.read',
    'logs.delete',
  ])
})

browse('a dead letter is found, repaired and replayed', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/project/dead-letters?project=${PROJECT}`)
  await page.getByLabel('Reason').fill('not a time')
  await page.keyboard.press('Enter')
  await visit.eventually(async () => assert.equal(await page.locator('.list-main').count(), 1))
  assert.equal(new URL(page.url()).searchParams.get('reason'), 'not a time')
  await page.getByRole('button', { name: 'time: not a time' }).click()
  assert.equal(new URL(page.url()).searchParams.get('letter'), 'letter-2')
  const lines = page.getByLabel('Records to send')
  await lines.fill('{"time":')
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByText(/^line 1: /).waitFor()
  await lines.fill('{"message":"still wrong"}')
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByText('record 1: still wrong').waitFor()
  assert.equal(await lines.inputValue(), '{"message":"still wrong"}')
  await lines.fill('{"message":"paid"}')
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByText('No dead letters match').waitFor()
  await page.goto(`${url}/project/dead-letters?project=${PROJECT}`)
  await page.getByLabel('Choose all').check()
  await page.getByText('2 chosen').waitFor()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('Nothing was refused').waitFor()
})

browse("another tab's change is told, and what was typed stays", async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/project/settings?project=${PROJECT}`)
  await page.getByLabel('Retention in days').fill('7')
  const [project] = server.projects
  assert.ok(project)
  server.projects[0] = { ...project, retention_days: 90, time_zone: 'Europe/Berlin' }
  const save = page.getByRole('button', { name: 'Save', exact: true })
  await save.click()
  await page.getByText('the retention is now 90').waitFor()
  assert.equal(await page.getByLabel('Retention in days').inputValue(), '7')
  await save.click()
  await page.getByText('Settings saved').waitFor()
  assert.deepEqual(
    [server.projects[0]?.retention_days, server.projects[0]?.time_zone],
    [7, 'Europe/Berlin'],
  )
  await page.getByLabel('JSON Schema of a record').fill('[1]')
  await page.getByRole('button', { name: 'Save schema' }).click()
  await page.getByText('Expected an object of JSON').waitFor()
  await page.getByLabel('JSON Schema of a record').fill('{"required":["service"]}')
  await page.getByRole('button', { name: 'Save schema' }).click()
  await page.getByText('Schema saved').waitFor()
  assert.deepEqual(server.people.of(PROJECT).schema, { required: ['service'] })
  server.people.of(PROJECT).schema = { required: ['host'] }
  await page.getByLabel('JSON Schema of a record').fill('{"required":["level"]}')
  await page.getByRole('button', { name: 'Save schema' }).click()
  await page.getByText('somebody else changed the schema meanwhile').waitFor()
  assert.deepEqual(server.people.of(PROJECT).schema, { required: ['host'] })
  await page.getByRole('button', { name: 'Save schema' }).click()
  await visit.eventually(() =>
    assert.deepEqual(server.people.of(PROJECT).schema, { required: ['level'] }),
  )
  await page.getByRole('button', { name: 'Delete demo' }).click()
  await page.getByLabel('Type demo to confirm').fill('dem')
  await page.getByRole('button', { name: 'Delete project' }).click()
  await page.getByText('Type demo to go on').waitFor()
  await page.getByLabel('Type demo to confirm').fill('demo')
  await page.getByRole('button', { name: 'Delete project' }).click()
  await page.getByText('demo is deleted').waitFor()
  assert.deepEqual(
    server.projects.map(({ name }) => name),
    ['empty'],
  )
})

browse('an account has a name, a password, tokens, and an end everywhere', async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, '/account')
  await page.getByLabel('Name').fill('Ada L.')
  await page.getByRole('button', { name: 'Save name' }).click()
  await page.getByText('Name changed').waitFor()
  await page.getByLabel('Current password').fill('not it')
  await page.getByLabel('New password').fill('another fine horse')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('This is not the password you have').waitFor()
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Password changed').waitFor()
  await page.getByRole('button', { name: 'Create token' }).click()
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('laptop')
  await page.keyboard.press('Enter')
  await page.getByText(/^lbt_token\d+_secret$/).waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  const laptop = page.getByRole('row', { name: /laptop/ })
  await laptop.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete token' }).click()
  await laptop.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByLabel('Email').waitFor()
})

browse('administrators see people, deeds, parts and settings', async visit => {
  const { page, server } = visit
  fillPeople(server.people, PROJECT)
  await enter(visit, `/explore?project=${PROJECT}`)
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('link', { name: 'Administration' }).click()
  const grace = page.getByRole('row', { name: /Grace/ })
  await grace.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await grace.getByText('disabled').waitFor()
  for (const [button, action] of [
    ['Enable', 'Enable'],
    ['Make administrator', 'Make administrator'],
  ] as const) {
    await grace.getByRole('button', { name: button }).click()
    await page.getByRole('dialog').getByRole('button', { name: action }).click()
    await grace.getByRole('button', { name: button }).waitFor({ state: 'detached' })
  }
  await grace.getByText('administrator', { exact: true }).waitFor()
  await grace.getByRole('button', { name: 'Reset link' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make the link' }).click()
  await page
    .getByRole('dialog')
    .getByText(/\/reset\?token=/)
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Add user' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Donald')
  await dialog.getByLabel('Email').fill('donald@example.com')
  await page.keyboard.press('Enter')
  await dialog.getByText('http://logs.example/reset?token=reset-token').waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /Donald/ }).waitFor()
  const ada = page.getByRole('row', { name: /Ada/ })
  assert.equal(await ada.getByRole('button', { name: 'Disable' }).isDisabled(), true)
  await page.getByRole('link', { name: 'Audit log' }).click()
  await page.getByLabel('Action begins with').fill('key.create')
  await page.keyboard.press('Enter')
  await visit.eventually(async () => assert.equal(await page.locator('tbody tr').count(), 1))
  assert.equal(new URL(page.url()).searchParams.get('action'), 'key.create')
  await page.getByRole('link', { name: 'System' }).click()
  await page.getByRole('row', { name: /project001 ?empty idle 0 of 256/ }).waitFor()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('Who may make an account').selectOption('open')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Settings saved').waitFor()
  assert.equal(server.people.config.sign_up, 'open')
})

browse('everybody can use every page, and nothing is wider than 390 pixels', async visit => {
  const { page, server, url } = visit
  fillPeople(server.people, PROJECT)
  visit.fill(50)
  for (const [path, shown] of [
    ['/sign-in', 'Email'],
    ['/sign-up?invitation=invitation-1', 'Email'],
    ['/forgotten', 'Email'],
    ['/reset?token=reset-token', 'New password'],
    ['/invitation?token=invitation-1', 'Create an account'],
    ['/invitation?token=unknown', 'The invitation cannot be used'],
    ['/docs', 'Finding logs'],
  ] as const) {
    await page.goto(`${url}${path}`)
    await page.getByLabel(shown).or(page.getByText(shown)).first().waitFor()
    await byDayAndNight(page, scheme => assertAccessible(page, `${path}, ${scheme}`))
    await page.setViewportSize({ width: 390, height: 844 })
    assert.deepEqual(await tooWide(page), [], path)
    await page.setViewportSize({ width: 1440, height: 900 })
  }
  await enter(visit, '/account')
  const [project] = server.projects
  assert.ok(project)
  server.projects[0] = { ...project, name: 'checkout and payments' }
  // Every other page wide, the rest narrow; the colours of each in light and in dark.
  const paths = [...PAGES, `/project/dead-letters?project=${PROJECT}&letter=letter-2`]
  for (const [at, path] of paths.entries()) {
    const narrow = at % 2 === 1
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: narrow ? 390 : 1440, height: 844 })
    await page.goto(`${url}${path}`)
    await page.locator('.section').first().waitFor()
    await page.waitForFunction(() => document.querySelector('.skeleton') === null)
    // Nothing is on its way from one colour to another.
    await page.waitForFunction(() =>
      document.getAnimations().every(one => one.playState !== 'running'),
    )
    await assertAccessible(page, path)
    await byDayAndNight(page, scheme => assertContrast(page, `${path}, ${scheme}`))
    await page.setViewportSize({ width: 390, height: 844 })
    assert.deepEqual(await tooWide(page), [], path)
  }
})

const EVIL = [
  '<img src=x onerror="ran=1">',
  '<script>ran=1</script>',
  '"><svg onload=ran=1>',
  "' onfocus='ran=1' autofocus='",
  'javascript:ran=1',
  '{{constructor.constructor("ran=1")()}}',
  '</textarea><iframe srcdoc="<script>parent.ran=1</script>">',
  '\u202e<b>\u0000',
].join(' ')

browse('markup in any name is text and nothing else', async visit => {
  const { page, server, url } = visit
  const { people } = server
  const ada = people.addPerson('Ada', { administrator: true })
  fillPeople(people, PROJECT)
  people.accounts[0] = { ...ada, name: EVIL }
  const [project] = server.projects
  assert.ok(project)
  server.projects[0] = { ...project, name: EVIL, time_zone: EVIL }
  const own = people.of(PROJECT)
  people.addMember(PROJECT, { ...ada, name: EVIL, email: EVIL }, EVIL)
  own.roles.push({ name: EVIL, permissions: ['logs.read'], built_in: false })
  const replaceAll = <Item>(list: Item[], patch: Partial<Item>): void => {
    for (const [at, item] of list.entries()) list[at] = { ...item, ...patch }
  }
  replaceAll(own.keys, { name: EVIL, id: EVIL })
  replaceAll(own.invitations, { email: EVIL, role: EVIL })
  replaceAll(own.letters, { reason: EVIL, source: EVIL, text: EVIL, records: EVIL })
  replaceAll(people.tokens, { name: EVIL })
  replaceAll(people.audit, { actor_name: EVIL, action: EVIL, peer: EVIL, detail: { q: EVIL } })
  server.append(PROJECT, [{ ...visit.data.row(Date.now()), service: EVIL, message: EVIL }])
  await enter(visit, '/account')
  for (const path of [...PAGES, `/project/dead-letters?project=${PROJECT}&letter=letter-1`]) {
    await page.goto(`${url}${path}`)
    await page.locator('.section').first().waitFor()
    await page.waitForFunction(() => document.querySelector('.skeleton') === null)
    const inputs = page.locator('main input:enabled:not([type=checkbox]):not([type=number])')
    for (const input of await inputs.all())
      if (!/date/.test((await input.getAttribute('type')) ?? '')) await input.fill(EVIL)
    await page.keyboard.press('Enter')
    const ran = await page.evaluate(() => 'ran' in globalThis)
    assert.equal(ran, false, path)
    assert.equal(await page.locator('main img, main iframe, main script, main b b').count(), 0)
  }
})

browse('what comes first is small: pages of people come when they are asked for', async visit => {
  const { page, url } = visit
  const html = await (await page.request.get(url)).text()
  const names = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, name]) => name)
  let bytes = 0
  for (const name of names) {
    const body = await (await page.request.get(`${url}${name}`)).body()
    assert.ok(!body.includes('Dead letters'), `${name} holds pages that nobody asked for`)
    bytes += gzipSync(body).length
  }
  assert.ok(names.length >= 2 && bytes <= FIRST_LOAD_BYTES_MAX, `${bytes} bytes at first`)
})
