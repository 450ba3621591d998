import type { Accessor } from 'solid-js'
import { listMembers } from '../api/members.ts'
import { createLoad } from '../kit/load.tsx'

/** Names of accounts that alerts tell by id; an id without a name, a key or the like, stays. */
export function createPeopleNames(projectId: Accessor<string>): (id: string) => string {
  const members = createLoad(projectId, listMembers)
  return id => members.value()?.find(({ account }) => account.id === id)?.account.name ?? id
}
