import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SmtpMailer } from './smtp-mailer.ts'
import { mailServer } from './testing/mail-server.ts'

const MAIL = { to: 'ada@example.org', subject: 'Grüße', text: 'http://x/reset?token=a\n.\nend' }

test('a mail arrives at one recipient, whatever its address looks like', async t => {
  const server = mailServer()
  const mailer = new SmtpMailer({ url: await server.open(), from: 'Logboy <logboy@example.org>' })
  t.after(() => {
    mailer.close()
    server.close()
  })
  await mailer.send(MAIL)
  await mailer.send({ ...MAIL, subject: 'a\r\nBcc: eve@example.org' })
  const recipients = server.heard.filter(line => line.startsWith('RCPT'))
  assert.deepEqual(recipients, ['RCPT TO:<ada@example.org>', 'RCPT TO:<ada@example.org>'])
  assert.ok(server.heard.includes('To: ada@example.org'))
  assert.ok(
    server.heard.includes('http://x/reset?token=a') || server.heard.some(l => /token=3Da/.test(l)),
  )
  assert.equal(server.heard.filter(line => line.startsWith('Bcc:')).length, 0)
})

test('a mail with a picture has its text, the same as HTML, and the picture by its id', async t => {
  const server = mailServer()
  const mailer = new SmtpMailer({ url: await server.open(), from: 'logboy@example.org' })
  t.after(() => {
    mailer.close()
    server.close()
  })
  const content = Buffer.from('a picture')
  const images = [{ id: 'chart@logboy', name: 'chart.png', type: 'image/png', content }]
  await mailer.send({ ...MAIL, html: '<img src="cid:chart@logboy">', images })
  const heard = server.heard.join('\n')
  for (const type of ['multipart/alternative', 'text/plain', 'text/html', 'image/png']) {
    assert.match(heard, new RegExp(`^Content-Type: ${type}`, 'm'))
  }
  assert.match(heard, /^Content-Id: <chart@logboy>$/im)
  assert.match(heard, new RegExp(content.toString('base64')))
})

test('a mail that the server does not take is told', async t => {
  const server = mailServer({ refusal: 'no such box' })
  const mailer = new SmtpMailer({ url: await server.open(), from: 'logboy@example.org' })
  t.after(() => {
    mailer.close()
    server.close()
  })
  await assert.rejects(mailer.send(MAIL), /no such box/)
})
