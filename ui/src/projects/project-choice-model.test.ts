import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Project } from '#proto/api.ts'
import { chooseProject, nameProblem } from './project-choice-model.ts'

const project = (id: string, name: string): Project => ({
  id,
  name,
  created_at: '2026-11-21T00:00:00Z',
  retention_days: 30,
  records_per_second: 0,
  bytes_per_second: 0,
  time_zone: 'UTC',
})
const projects = [project('aaaaaaaaaa', 'shop'), project('bbbbbbbbbb', 'aaaaaaaaaa')]

test('a link names a project by id or name, the id first', () => {
  assert.equal(chooseProject(projects, 'aaaaaaaaaa')?.name, 'shop')
  assert.equal(chooseProject(projects, 'shop')?.id, 'aaaaaaaaaa')
  assert.equal(chooseProject(projects, 'gone'), null)
})

test('without a name the first project is shown, if there is one', () => {
  assert.equal(chooseProject(projects, null)?.name, 'shop')
  assert.equal(chooseProject([], null), null)
})

test('names are checked before they are sent', () => {
  assert.match(nameProblem('  ', projects) ?? '', /needs a name/)
  assert.match(nameProblem('Shop', projects) ?? '', /of that name/)
  assert.match(nameProblem('x'.repeat(101), projects) ?? '', /100 characters/)
  assert.equal(nameProblem('new', projects), null)
})
