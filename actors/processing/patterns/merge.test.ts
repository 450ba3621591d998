import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergeTemplates, type PatternGroup } from './merge.ts'
import { patternOfText } from './pattern-ids.ts'
import { type Template, templateOf, templateText } from './template.ts'

function knownOf(messages: readonly string[]): Map<number, Template> {
  return new Map(
    messages.map(message => {
      const bytes = Buffer.from(message)
      return [patternOfText(message), templateOf(bytes, 0, bytes.length)]
    }),
  )
}

function mergedTexts(messages: readonly string[]): string[] {
  return mergeTemplates(knownOf(messages)).map(({ template }) => templateText(template))
}

const NAMES = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay']

test('a place that takes many words is a value', () => {
  const messages = NAMES.map(name => `Failed password for ${name} from 10.0.0.1`)
  assert.deepEqual(mergedTexts(messages), ['Failed password for <*> from <*>'])
})

test('a few words that take turns stay apart', () => {
  const messages = ['started', 'stopped', 'paused', 'resumed'].map(
    state => `machine was ${state} now`,
  )
  assert.equal(mergedTexts(messages).length, messages.length)
})

test('a word where another message has a value is one', () => {
  const messages = ['Invalid user 0101 from 10.0.0.1', 'Invalid user admin from 10.0.0.2']
  assert.deepEqual(mergedTexts(messages), ['Invalid user <*> from <*>'])
})

test('too little in common is nothing in common', () => {
  const messages = NAMES.map(name => `hello ${name}`)
  assert.equal(mergedTexts(messages).length, messages.length)
})

test('two places are found one after the other', () => {
  const messages = NAMES.flatMap(name =>
    NAMES.map(other => `file of ${name} was given to ${other} today`),
  )
  assert.deepEqual(mergedTexts(messages), ['file of <*> was given to <*> today'])
})

test('an id of the merged wording is that of a message that has it as it is', () => {
  const messages = [...NAMES, '42'].map(name => `mail for ${name} was sent`)
  const [group] = mergeTemplates(knownOf(messages))
  assert.equal(group?.id, patternOfText('mail for 42 was sent'))
  assert.equal(group?.members.length, messages.length)
})

const word = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', '1')
const messages = fc.array(
  fc.array(word, { minLength: 1, maxLength: 5 }).map(words => words.join(' ')),
  { maxLength: 120 },
)

function sorted(groups: readonly PatternGroup[]): PatternGroup[] {
  return [...groups].sort((a, b) => a.id - b.id)
}

test('the order in which wordings became known changes nothing', () => {
  fc.assert(
    fc.property(messages, fc.nat(), (texts, seed) => {
      const known = [...knownOf(texts)]
      const turned = [
        ...known.slice(seed % (known.length + 1)),
        ...known.slice(0, seed % (known.length + 1)),
      ]
      const groups = sorted(mergeTemplates(new Map(known)))
      for (const other of [turned, known.toReversed()]) {
        assert.deepEqual(sorted(mergeTemplates(new Map(other))), groups)
      }
    }),
  )
})

test('every wording is in exactly one group', () => {
  fc.assert(
    fc.property(messages, texts => {
      const known = knownOf(texts)
      const members = mergeTemplates(known).flatMap(group => group.members)
      assert.deepEqual(
        members.sort((a, b) => a - b),
        [...known.keys()].sort((a, b) => a - b),
      )
    }),
  )
})
