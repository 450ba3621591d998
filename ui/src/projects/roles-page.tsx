import { createSignal, For, type JSX, Show } from 'solid-js'
import type { ProjectAccess, Role } from '#proto/people.ts'
import { PERMISSIONS, type Permission, permissionsOf } from '#proto/permissions.ts'
import { isMeanwhile } from '../api/meanwhile.ts'
import { changeRole, createRole, deleteRole, listRoles, type RoleWish } from '../api/members.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Field, Ticks } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { may, PERMISSION_WORDS, whyNot } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'
import { loadProjects } from './projects.ts'

/** What the roles of the project may do, side by side. */
export function RolesPage(props: ProjectPageProps): JSX.Element {
  const roles = createLoad(() => props.project.id, listRoles)
  const [editing, setEditing] = createSignal<Role | 'new' | null>(null)
  const [deleting, setDeleting] = createSignal<Role | null>(null)
  return (
    <Section
      page
      title="Roles"
      about="A role is a set of permissions. Three come with every project; add your own beside them."
      tools={
        <button
          type="button"
          class="button button-primary"
          disabled={!may(props.project, 'members')}
          title={whyNot(props.project, 'members')}
          onClick={() => setEditing('new')}
        >
          <Icon name="plus" />
          New role
        </button>
      }
    >
      <Loaded load={roles} what="The roles">
        {list => (
          <RoleMatrix
            roles={list()}
            manages={may(props.project, 'members')}
            onEdit={setEditing}
            onDelete={setDeleting}
          />
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {role => (
          <RoleDialog
            project={props.project}
            role={role === 'new' ? null : role}
            onSaved={() => {
              roles.reload()
              void loadProjects()
            }}
            onClose={() => setEditing(null)}
          />
        )}
      </Show>
      <Show when={deleting()} keyed>
        {role => (
          <ConfirmDialog
            title={`Delete the role ${role.name}?`}
            action="Delete role"
            onConfirm={async () => {
              await deleteRole(props.project.id, role.name)
              toast('Role deleted')
              roles.reload()
            }}
            onClose={() => setDeleting(null)}
          >
            Nobody may have it any more: give its members another role first.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function RoleMatrix(props: {
  readonly roles: readonly Role[]
  readonly manages: boolean
  readonly onEdit: (role: Role) => void
  readonly onDelete: (role: Role) => void
}): JSX.Element {
  return (
    <div class="list-frame">
      <table class="list matrix">
        <thead>
          <tr>
            <th>Permission</th>
            <For each={props.roles}>
              {role => (
                <th>
                  <span class="cut">{role.name}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={PERMISSIONS}>
            {permission => (
              <tr>
                <th>
                  {permission}
                  <small>{PERMISSION_WORDS[permission]}</small>
                </th>
                <For each={props.roles}>
                  {role => (
                    <td>
                      <Show
                        when={role.permissions.includes(permission)}
                        fallback={<span class="unseen">no</span>}
                      >
                        <Icon name="check" />
                        <span class="unseen">yes</span>
                      </Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
          <tr>
            <td />
            <For each={props.roles}>
              {role => (
                <td>
                  <Show
                    when={!role.built_in && props.manages}
                    fallback={<span class="faint">{role.built_in ? 'built in' : ''}</span>}
                  >
                    <div class="list-actions">
                      <button
                        type="button"
                        class="button button-small"
                        aria-label={`Edit ${role.name}`}
                        onClick={() => props.onEdit(role)}
                      >
                        Edit
                      </button>
                      <button
                        type="button"
                        class="button button-small button-warn"
                        aria-label={`Delete ${role.name}`}
                        onClick={() => props.onDelete(role)}
                      >
                        Delete
                      </button>
                    </div>
                  </Show>
                </td>
              )}
            </For>
          </tr>
        </tbody>
      </table>
    </div>
  )
}

function RoleDialog(props: {
  readonly project: ProjectAccess
  readonly role: Role | null
  readonly onSaved: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [chosen, setChosen] = createSignal<readonly Permission[]>(
    props.role?.permissions ?? ['logs.read'],
  )
  const form = createForm(
    { name: props.role?.name ?? '', permissions: '' },
    { LOGBOY_NAME_TAKEN: 'name' },
  )
  const [expected, setExpected] = createSignal(props.role?.permissions ?? [])
  const replace = async ({ name }: Role, wish: RoleWish): Promise<void> => {
    try {
      await changeRole(props.project.id, name, { ...wish, expected: expected() })
    } catch (error) {
      if (!isMeanwhile(error)) throw error
      const now = (await listRoles(props.project.id)).find(role => role.name === name)
      if (now === undefined) throw error
      setExpected(now.permissions)
      const allowed = now.permissions.join(', ')
      const what = `somebody else changed this meanwhile: it now allows ${allowed}`
      throw new Error(`${what}. Save again to replace it`)
    }
  }
  const submit = async (event: Event): Promise<void> => {
    const name = form.texts().name.trim()
    const checks = {
      name: needed(name, 'a role needs a name'),
      permissions: chosen().length === 0 ? 'choose what the role may do' : null,
    }
    const saved = await form.submit(event, checks, async () => {
      const wish = { name, permissions: permissionsOf(chosen()) }
      if (props.role === null) await createRole(props.project.id, wish)
      else await replace(props.role, wish)
      props.onSaved()
    })
    if (saved) props.onClose()
  }
  return (
    <FormDialog
      title={props.role === null ? 'New role' : `Edit ${props.role.name}`}
      form={form}
      action="Save role"
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <Field
        label="Name"
        placeholder="on-call, auditor…"
        autofocus
        disabled={props.role !== null}
        hint={props.role === null ? undefined : 'A role keeps its name.'}
        {...form.field('name')}
      />
      <Ticks
        label="May"
        words={PERMISSION_WORDS}
        chosen={chosen()}
        problem={form.fieldProblem('permissions')}
        whyNot={permission =>
          may(props.project, permission) ? undefined : 'You may not give what you do not have.'
        }
        onChange={permissions => {
          setChosen(permissions)
          form.set({ permissions: '' })
        }}
      />
    </FormDialog>
  )
}
