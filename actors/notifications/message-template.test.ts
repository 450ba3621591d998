/** Templates say what they may, wherever it goes, and tell what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChannelTemplate } from '#proto/alert-channel.ts'
import { type AlertMessage, changeText } from './alert-message.ts'
import { previewMessage } from './message-preview.ts'
import { parseTemplate, renderTemplate } from './message-template.ts'
import { messageText, messageTitle } from './message-text.ts'
import { alertmanagerPost } from './shapes/alertmanager.ts'
import { pagerDutyPosts } from './shapes/pagerduty.ts'
import { slackPost } from './shapes/slack.ts'
import { teamsPost } from './shapes/teams.ts'

const AT_US = Date.UTC(2026, 10, 29, 10) * 1_000

function message(template: Partial<ChannelTemplate>, service = 'checkout'): AlertMessage {
  const place = {
    project: { id: 'p', name: 'shop' },
    publicUrl: 'https://logs.example',
    atUs: AT_US,
  }
  const made = previewMessage(null, { title: '', body: '', ...template }, place)
  const [first] = made.changes
  assert.ok(first)
  const about = { ...first.about, group: { service } }
  return {
    ...made,
    changes: [
      { ...first, about },
      { ...first, id: 1, value: 30 },
    ],
  }
}

const said = (body: string): string => messageText(message({ body })).split('\n\n')[0] ?? ''

test('names are of the message, of its first change, and of what a block is about', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{{state}} {{ rule }} {{severity}} {{count}}', 'FIRING Checkout errors critical 2'],
    ['{{value}}/{{threshold}} {{condition}}', '25/20 count > 20'],
    ['{{#each changes}}{{#if value}}{{value}}{{else}}-{{/if}} {{/each}}', '25 30 '],
    ['{{group}} {{group.service}} {{labels.team}}', 'service=checkout checkout payments'],
    ['{{group.no}}{{labels.constructor}}|{{time}}', '|2026-11-29T10:00:00.000Z'],
    ['{{#each changes}}{{value}}@{{group.service}} {{/each}}', '25@checkout 30@checkout '],
    [
      '{{#each lines}}{{level}} {{message}} {{rule}}{{/each}}',
      'ERROR card declined Checkout errors',
    ],
    ['{{#if runbook}}see {{runbook}}{{else}}none{{/if}}', 'see https://wiki.example.org/checkout'],
    ['{{#if group.no}}x{{else}}{{#if lines}}y{{/if}}{{/if}}', 'y'],
    ['braces { } }} stay', 'braces { } }} stay'],
  ]
  for (const [template, text] of cases) assert.equal(said(template), text, template)
})

test('a value that nothing was measured of is called so, and is none', () => {
  const made = message({ title: '{{state}} {{value}} of {{threshold}}', body: '{{value}}' })
  const [first = assert.fail()] = made.changes
  const ended = { ...made, changes: [{ ...first, value: null, to: 'ok' as const }] }
  assert.equal(messageTitle(ended), 'RESOLVED no data of 20')
  const template = { title: '', body: '{{#if value}}some{{else}}{{value}}{{/if}}' }
  assert.match(messageText({ ...ended, template }), /^no data\n/)
  assert.match(changeText({ ...first, value: null }), /count > 20, no data at/)
})

test('what is wrong is told with its place, what was expected, and what may have been meant', () => {
  const cases: readonly (readonly [string, number, RegExp, string | null])[] = [
    ['{{ruel}}', 0, /no ruel/, null],
    ['a {{sevrity}}', 4, /no sevrity/, 'a {{severity}}'],
    ['{{rule', 0, /never closed/, null],
    ['{{a b c}}', 0, /no name/, null],
    ['{{rule()}}', 0, /no name/, null],
    ['{{changes}}', 0, /is a list/, null],
    ['{{#each change}}{{/each}}', 8, /no list/, '{{#each changes}}{{/each}}'],
    ['{{#each changes}}', 0, /never closed/, null],
    ['{{#each changes}}{{/if}}', 17, /not closed yet/, null],
    ['{{/if}}', 0, /ends nothing/, null],
    ['{{else}}', 0, /ends nothing/, null],
    ['{{message}}', 0, /member of lines/, null],
    ['{{#each changes}}{{#each lines}}{{/each}}{{/each}}', 17, /inside another/, null],
    ['{{#if rule}}'.repeat(5), 48, /more than 4/, null],
    ['{{group.}}', 2, /no group\./, '{{group}}'],
    ['{{__proto__.x}}', 0, /no __proto__/, null],
  ]
  for (const [text, position, about, suggestion] of cases) {
    const parsed = parseTemplate(text)
    assert.ok(parsed.type === 'fault', text)
    assert.equal(parsed.fault.position, position, text)
    assert.match(parsed.fault.message, about)
    assert.equal(parsed.fault.suggestion, suggestion, text)
    assert.notEqual(parsed.fault.expected, '')
  }
})

test('values are no markup where they go, the template itself may have some', () => {
  const hostile = message(
    { title: '{{rule}}: {{group.service}}', body: '*{{group.service}}*' },
    '<!channel> *b*\r\n`x`',
  )
  assert.equal(messageTitle(hostile), 'Checkout errors: <!channel> *b* `x`')
  const slack = slackPost(hostile, 'https://x.example.org').body
  assert.match(slack, /"\*&lt;!channel&gt; \*b\* ˋxˋ\*"/)
  // A header is plain text there.
  assert.doesNotMatch(slack, /"mrkdwn","text":"[^"]*<!/)
  const teams = teamsPost(hostile, 'https://x.example.org').body
  assert.ok(teams.includes(JSON.stringify('*\\<\\!channel\\> \\*b\\* \\`x\\`*')), teams)
  const [event] = pagerDutyPosts(hostile, { routing_key: 'r' })
  assert.match(event?.body ?? '', /"summary":"Checkout errors: <!channel> \*b\* `x`"/)
  assert.match(alertmanagerPost(hostile, 'http://am', AT_US).body, /"description":"\*<!channel>/)
})

test('links that a template does not have follow it, and no template says what comes by itself', () => {
  const text = messageText(message({ body: 'look at {{link}}' }))
  assert.match(text, /^look at https:\/\/logs\.example\/alerts\?project=p\n\nrunbook: /)
  assert.doesNotMatch(text, /^logs: /m)
  assert.equal(messageTitle(message({})), 'FIRING: Checkout errors (shop)')
  assert.equal(messageTitle(message({ title: '{{group.no}}' })), 'FIRING: Checkout errors (shop)')
  assert.match(messageText(message({ body: '{{not read by this version' })), /^service=checkout: /)
})

test('what comes out is of bounded length, and no text makes the parser crash', () => {
  const pieces = '{{|}}|{|#each |#if |/each|/if|else|changes|lines|rule|group.|x| |\n|.|{{rule}}'
  const blocks = '{{#each changes}}|{{/each}}|{{#if rule}}'
  const piece = fc.constantFrom(...`${pieces}|${blocks}`.split('|'))
  const many = { text: () => 'v'.repeat(300), list: () => Array.from({ length: 500 }, () => many) }
  const scope: Parameters<typeof renderTemplate>[1] = many
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), some => {
      const parsed = parseTemplate(some.join(''))
      if (parsed.type === 'fault') return
      assert.ok(renderTemplate(parsed.template, scope, value => value).length <= 8_001)
    }),
    { numRuns: 500 },
  )
})
