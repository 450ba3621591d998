import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KillSwitch } from './kill-switch.ts'

test('killing a node kills what is below it and nothing else', () => {
  const root = new KillSwitch()
  const pipeline = new KillSwitch(root)
  const stages = [new KillSwitch(pipeline), new KillSwitch(pipeline)]
  const other = new KillSwitch(root)
  const fault = new Error('disk failed')
  pipeline.kill(fault)
  assert.deepEqual(
    stages.map(stage => stage.fault),
    [fault, fault],
  )
  assert.equal(pipeline.signal.reason, fault)
  assert.equal(root.fault, undefined)
  assert.equal(other.fault, undefined)
})

test('the first fault is the root cause: those who die of it do not overwrite it', () => {
  const root = new KillSwitch()
  const stage = new KillSwitch(root)
  const sibling = new KillSwitch(root)
  const first = new Error('first')
  stage.signal.addEventListener('abort', () => root.kill(new Error('consequence')))
  root.kill(first)
  root.kill(new Error('later'))
  assert.equal(root.fault, first)
  assert.equal(stage.fault, first)
  assert.equal(sibling.fault, first)
})

test('the child of a dead node is born dead', () => {
  const root = new KillSwitch()
  root.kill(new Error('over'))
  const late = new KillSwitch(root)
  assert.equal(late.fault?.message, 'over')
  assert.equal(late.signal.aborted, true)
})

test('a node that died is forgotten by its parent and tells its listeners once', () => {
  const root = new KillSwitch()
  let told = 0
  for (let life = 0; life < 3; life++) {
    const incarnation = new KillSwitch(root)
    incarnation.signal.addEventListener('abort', () => told++)
    incarnation.kill(new Error('done'))
  }
  root.kill(new Error('over'))
  assert.equal(told, 3)
})
