import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Invitation, Member, Role } from '#proto/people.ts'
import {
  changeMember,
  listInvitations,
  listMembers,
  listRoles,
  removeMember,
  withdrawInvitation,
} from '../api/members.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { account } from '../shell/session.ts'
import { InviteDialog } from './invite-dialog.tsx'
import { may, whyNot } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'
import { loadProjects } from './projects.ts'

/** Who is in the project, and who is invited. */
export function MembersPage(props: ProjectPageProps): JSX.Element {
  const id = (): string => props.project.id
  const members = createLoad(id, listMembers)
  const manages = (): boolean => may(props.project, 'members')
  const invitations = createLoad(() => (manages() ? id() : null), listInvitations)
  const roles = createLoad(id, listRoles)
  const [inviting, setInviting] = createSignal(false)
  const [removing, setRemoving] = createSignal<Member | null>(null)
  const setRole = async (member: Member, role: string): Promise<void> => {
    try {
      await changeMember(id(), member.account.id, role)
      toast(`${member.account.name} is ${role} now`)
      if (member.account.id === account()?.id) await loadProjects()
    } catch (error) {
      toast((error as Error).message)
    }
    // Also after a failure: the list shows again what holds.
    members.reload()
  }
  const withdraw = async (invitation: Invitation): Promise<void> => {
    try {
      await withdrawInvitation(id(), invitation.id)
      toast('Invitation withdrawn')
    } catch (error) {
      toast((error as Error).message)
    }
    invitations.reload()
  }
  return (
    <>
      <Section
        page
        title="Members"
        about="People who work with this project. Administrators may do everything besides."
        tools={
          <button
            type="button"
            class="button button-primary"
            disabled={!manages()}
            title={whyNot(props.project, 'members')}
            onClick={() => setInviting(true)}
          >
            <Icon name="plus" />
            Invite
          </button>
        }
      >
        <Loaded load={members} what="The members">
          {list => (
            <MemberTable
              members={list()}
              manages={manages()}
              roles={roles.value() ?? []}
              onRole={(member, role) => void setRole(member, role)}
              onRemove={setRemoving}
            />
          )}
        </Loaded>
      </Section>
      <Show when={manages()}>
        <Section title="Invitations" about="Links that were not used yet.">
          <Loaded load={invitations} what="The invitations">
            {list => (
              <InvitationTable
                invitations={list()}
                onWithdraw={invitation => void withdraw(invitation)}
              />
            )}
          </Loaded>
        </Section>
      </Show>
      <Show when={inviting()}>
        <InviteDialog
          project={props.project}
          roles={roles.value() ?? []}
          onInvited={invitations.reload}
          onClose={() => setInviting(false)}
        />
      </Show>
      <Show when={removing()} keyed>
        {member => (
          <ConfirmDialog
            title={
              member.account.id === account()?.id
                ? 'Leave the project?'
                : `Remove ${member.account.name}?`
            }
            action={member.account.id === account()?.id ? 'Leave' : 'Remove'}
            onConfirm={async () => {
              await removeMember(id(), member.account.id)
              if (member.account.id === account()?.id) await loadProjects()
              members.reload()
            }}
            onClose={() => setRemoving(null)}
          >
            {member.account.email} no longer sees {props.project.name}. Keys that programs use stay.
          </ConfirmDialog>
        )}
      </Show>
    </>
  )
}

function MemberTable(props: {
  readonly members: readonly Member[]
  readonly manages: boolean
  readonly roles: readonly Role[]
  readonly onRole: (member: Member, role: string) => void
  readonly onRemove: (member: Member) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['Person', 'Role', wide('Since'), ACTIONS]}
      items={props.members}
      none="Nobody yet: administrators alone see this project."
    >
      {member => (
        <tr>
          <td>
            <b class="cut">{member.account.name}</b>
            <span class="faint cut">{member.account.email}</span>
          </td>
          <td>
            <RoleChoice
              member={member}
              disabled={!props.manages}
              roles={props.roles}
              onRole={role => props.onRole(member, role)}
            />
          </td>
          <td class="wide-only">
            <Ago at={member.since} />
          </td>
          <td class="list-actions">
            <Show when={props.manages || member.account.id === account()?.id}>
              <button
                type="button"
                class="button button-small button-warn"
                onClick={() => props.onRemove(member)}
              >
                {member.account.id === account()?.id ? 'Leave' : 'Remove'}
              </button>
            </Show>
          </td>
        </tr>
      )}
    </ListTable>
  )
}

function RoleChoice(props: {
  readonly member: Member
  readonly disabled: boolean
  readonly roles: readonly Role[]
  readonly onRole: (role: string) => void
}): JSX.Element {
  // A role that has gone meanwhile is still what the member has.
  const names = createMemo(() => [
    ...new Set([...props.roles.map(({ name }) => name), props.member.role]),
  ])
  return (
    <select
      class="field field-small"
      aria-label={`Role of ${props.member.account.name}`}
      disabled={props.disabled}
      onChange={event => props.onRole(event.currentTarget.value)}
    >
      <For each={names()}>
        {name => (
          <option value={name} selected={name === props.member.role}>
            {name}
          </option>
        )}
      </For>
    </select>
  )
}

function InvitationTable(props: {
  readonly invitations: readonly Invitation[]
  readonly onWithdraw: (invitation: Invitation) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['For', 'Role', 'Expires', ACTIONS]}
      items={props.invitations}
      none="No open invitations."
    >
      {invitation => (
        <tr>
          <td>
            <span class="cut cut-short" title={invitation.email ?? undefined}>
              {invitation.email ?? 'whoever has the link'}
            </span>
          </td>
          <td>
            <span class="cut cut-short">{invitation.role}</span>
          </td>
          <td>
            <Ago at={invitation.expires_at} />
          </td>
          <td class="list-actions">
            <button
              type="button"
              class="button button-small button-warn"
              onClick={() => props.onWithdraw(invitation)}
            >
              Withdraw
            </button>
          </td>
        </tr>
      )}
    </ListTable>
  )
}
