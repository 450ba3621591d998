import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StatementReader, statementsOf } from './statements.ts'

test('statements are cut at semicolons that separate', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    [';;  ; -- nothing\n/* at; all */', []],
    ["SELECT ';' , 'it''s;' ;x", ["SELECT ';' , 'it''s;'", 'x']],
    ["SELECT E'a\\';b'; y", ["SELECT E'a\\';b'", 'y']],
    ["SELECT 'a\\'; y", ["SELECT 'a\\'", 'y']],
    ['SELECT "a;""b" ; y', ['SELECT "a;""b"', 'y']],
    ['SELECT $$a;$b$;$$; y', ['SELECT $$a;$b$;$$', 'y']],
    ['SELECT $fn$ $$;$$ $fn$; y', ['SELECT $fn$ $$;$$ $fn$', 'y']],
    ['SELECT $1; a$b$c; y', ['SELECT $1', 'a$b$c', 'y']],
    ['-- first; one\nSELECT 1 -- a;b\n; y', ['SELECT 1 -- a;b', 'y']],
    ['/* a /* b; */ c; */ SELECT 1; y', ['SELECT 1', 'y']],
    ["SELECT 'open;", ["SELECT 'open;"]],
  ]
  for (const [text, statements] of cases) assert.deepEqual(statementsOf(text), statements, text)
})

test('it is the same in whatever pieces the text arrives', () => {
  const piece = fc.constantFrom(
    "'",
    "''",
    '"',
    '\\',
    "E'",
    '$$',
    '$a$',
    '$',
    '--',
    '-',
    '/*',
    '*/',
    '/',
    '*',
    ';',
    '\n',
    ' ',
    'x',
    'é',
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 40 }), pieces => {
      const reader = new StatementReader()
      const statements: string[] = []
      let waiting = ''
      for (const [text, arrives] of pieces) {
        waiting += text
        if (arrives) statements.push(...reader.push(waiting))
        if (arrives) waiting = ''
      }
      statements.push(...reader.push(waiting), ...reader.end())
      assert.deepEqual(statements, statementsOf(pieces.map(([text]) => text).join('')))
    }),
    { numRuns: 2_000 },
  )
})

test('a reader knows whether something is still open', () => {
  const reader = new StatementReader()
  assert.equal(reader.isOpen, false)
  reader.push('SELECT 1\n')
  assert.equal(reader.isOpen, true)
  assert.deepEqual(reader.push('; -- done\n'), ['SELECT 1'])
  assert.equal(reader.isOpen, false)
  reader.push('/* a comment \n')
  assert.equal(reader.isOpen, true)
})
