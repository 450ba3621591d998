import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import { FakeData } from '../../testing/fake-data.ts'
import { TailModel } from './tail-model.ts'

const history = new FakeData(3).history(100, 1_700_000_000_000, 1_700_000_100_000)

function rowsFrame(from: number, to: number): TailFrame {
  return { type: 'rows', rows: history.slice(from, to), token: `t${to}` }
}

function newestFirst(from: number, to: number): Row[] {
  return history.slice(from, to).reverse()
}

function started(rowsMax?: number): TailModel {
  const model = new TailModel(rowsMax)
  model.restart(newestFirst(0, 10), 't10')
  return model
}

test('new rows are shown at once while the reader looks at the newest', () => {
  const model = started()
  assert.deepEqual(model.receive(rowsFrame(10, 14)), newestFirst(10, 14))
  assert.deepEqual(model.shown.rows, newestFirst(0, 14))
  assert.equal(model.token, 't14')
  assert.equal(model.waitingCount, 0)
})

test('new rows wait while the reader looks elsewhere, and come when they return', () => {
  const model = started()
  model.lookAway(true)
  model.receive(rowsFrame(10, 14))
  model.receive(rowsFrame(14, 15))
  assert.deepEqual(model.shown.rows, newestFirst(0, 10))
  assert.equal(model.waitingCount, 5)
  model.lookAway(false)
  assert.deepEqual(model.shown.rows, newestFirst(0, 15))
  assert.equal(model.waitingCount, 0)
})

test('a pause holds rows back even at the top, until it ends', () => {
  const model = started()
  model.pause(true)
  model.receive(rowsFrame(10, 12))
  model.lookAway(false)
  assert.equal(model.waitingCount, 2)
  model.pause(false)
  assert.deepEqual(model.shown.rows, newestFirst(0, 12))
})

test('rows that come twice are shown once and counted', () => {
  const model = started()
  model.receive(rowsFrame(8, 12))
  model.lookAway(true)
  model.receive(rowsFrame(11, 14))
  model.receive(rowsFrame(12, 14))
  assert.equal(model.waitingCount, 2)
  assert.equal(model.repeatedCount, 5)
  assert.equal(model.receivedCount, 9)
  model.lookAway(false)
  assert.deepEqual(model.shown.rows, newestFirst(0, 14))
})

test('what is kept is bounded, shown and waiting alike', () => {
  const model = started(20)
  model.receive(rowsFrame(10, 40))
  assert.deepEqual(model.shown.rows, newestFirst(20, 40))
  assert.equal(model.shown.cut, true)
  model.pause(true)
  model.receive(rowsFrame(40, 90))
  assert.equal(model.waitingCount, 50)
  model.pause(false)
  assert.deepEqual(model.shown.rows, newestFirst(70, 90))
  assert.equal(model.shown.cut, true)
})

test('old rows do not become neighbours of new ones with a hole between them', () => {
  const model = started(20)
  model.pause(true)
  model.receive(rowsFrame(30, 80))
  model.pause(false)
  assert.deepEqual(model.shown.rows, newestFirst(60, 80))
})

test('dropped rows are told as one hole, however many frames say so', () => {
  const model = started()
  const [from, middle, to] = [10, 20, 30].map(at => history[at]?.ingested_at ?? '') as string[]
  model.receive({ type: 'dropped', count: 7, from: from ?? '', to: middle ?? '', token: 't20' })
  model.receive({ type: 'dropped', count: 3, from: middle ?? '', to: to ?? '', token: 't30' })
  assert.deepEqual(model.holes, [
    { number: 1, kind: 'dropped', count: 10, from, to, toIncluded: true, state: 'open' },
  ])
  assert.equal(model.token, 't30')
})

test('a hole that is being filled does not grow: later drops are a hole of their own', () => {
  const model = started()
  model.receive({ type: 'dropped', count: 1, from: 'a', to: 'b', token: 't' })
  model.setHole(1, 'filling')
  model.receive({ type: 'dropped', count: 2, from: 'c', to: 'd', token: 't' })
  assert.deepEqual(
    model.holes.map(({ number, state }) => [number, state]),
    [
      [1, 'filling'],
      [2, 'open'],
    ],
  )
  model.setHole(1, 'filled')
  assert.deepEqual(
    model.holes.map(({ number }) => number),
    [2],
  )
})

test('rows found for a hole take their place among the others', () => {
  const model = started()
  model.receive(rowsFrame(20, 30))
  model.receive({ type: 'gap', from: 'a', to: 'b', token: 't30' })
  assert.equal(model.holes[0]?.kind, 'gap')
  assert.equal(model.addFound(history.slice(8, 22)).length, 10)
  assert.deepEqual(model.shown.rows, newestFirst(0, 30))
})

test('an error or an idle line changes no row; only the latter moves the token', () => {
  const model = started()
  model.receive({ type: 'error', code: 'LOGBOY_X', detail: 'x' })
  assert.equal(model.token, 't10')
  model.receive({ type: 'idle', token: 't11' })
  assert.equal(model.token, 't11')
  assert.deepEqual(model.shown.rows, newestFirst(0, 10))
})

test('a new search forgets rows, waiting rows and holes of the old one', () => {
  const model = started()
  model.receive({ type: 'gap', from: 'a', to: 'b', token: 't' })
  model.pause(true)
  model.receive(rowsFrame(10, 20))
  model.restart(newestFirst(50, 60), 't60')
  assert.deepEqual(model.shown.rows, newestFirst(50, 60))
  assert.deepEqual([model.waitingCount, model.holes.length, model.token], [0, 0, 't60'])
})

test('troubles of the server hold until it says otherwise, or another connection begins', () => {
  const model = started()
  model.receive({ type: 'degraded', troubles: ['hints-away'], token: 't11' })
  model.receive(rowsFrame(10, 12))
  model.receive({ type: 'idle', token: 't12' })
  assert.deepEqual(model.troubles, ['hints-away'])
  model.receive({ type: 'degraded', troubles: [], token: 't12' })
  assert.deepEqual(model.troubles, [])
  model.receive({ type: 'degraded', troubles: ['log-away'], token: 't12' })
  model.receive({ type: 'hello', token: 't12' })
  assert.deepEqual([model.troubles, model.token], [[], 't12'])
})
