import { createMemo, type JSX, Match, Show, Switch } from 'solid-js'
import { acceptInvitation, lookAtInvitation } from '../api/members.ts'
import { FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { createLoad } from '../kit/load.tsx'
import { toast } from '../kit/toast.tsx'
import { loadProjects } from '../projects/projects.ts'
import { address, moveTo } from './address.ts'
import { Gate } from './gate.tsx'
import { Link } from './link.tsx'
import { SIGN_IN_PATH, SIGN_UP_PATH } from './next-place.ts'
import { account, session } from './session.ts'

/** Where an invitation's link leads: join with the account one has, or make one. */
export function InvitationPage(): JSX.Element {
  const token = createMemo(() => new URLSearchParams(address().search).get('token') ?? '')
  const look = createLoad(token, lookAtInvitation)
  return (
    <Switch
      fallback={
        <Gate title="Invitation">
          <p role="status">Looking at the invitation…</p>
        </Gate>
      }
    >
      <Match when={look.problem()}>
        {problem => (
          <Gate
            title="The invitation cannot be used"
            note={
              <Link class="link" href="/explore">
                To the logs
              </Link>
            }
          >
            <FormProblem problem={problem().message} />
            <p>Invitations end after a while and count once. Ask for a new link.</p>
          </Gate>
        )}
      </Match>
      <Match when={look.value()}>
        {found => (
          <Gate
            title={found().project.name}
            lead={
              <>
                You are invited to join this project as <b>{found().role}</b>.
              </>
            }
          >
            <Show when={session() === 'in' && account()} fallback={<Enter token={token()} />}>
              {person => <Join token={token()} email={person().email} />}
            </Show>
          </Gate>
        )}
      </Match>
    </Switch>
  )
}

function Join(props: { readonly token: string; readonly email: string }): JSX.Element {
  const form = createForm({})
  const join = (event: Event): void => {
    void form.submit(event, {}, async () => {
      const project = await acceptInvitation(props.token)
      await loadProjects()
      toast(`Joined ${project.name}`)
      moveTo('/explore', `?project=${encodeURIComponent(project.id)}&live=1`, { replace: true })
    })
  }
  return (
    <form novalidate class="stack" onSubmit={join}>
      <FormProblem problem={form.problem()} />
      <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
        Join as {props.email}
      </button>
    </form>
  )
}

function Enter(props: { readonly token: string }): JSX.Element {
  const invitation = (): string => encodeURIComponent(props.token)
  const back = (): string => encodeURIComponent(`/invitation?token=${invitation()}`)
  return (
    <div class="stack">
      <Link
        class="button button-primary button-wide"
        href={`${SIGN_UP_PATH}?invitation=${invitation()}`}
      >
        Create an account
      </Link>
      <Link class="button button-wide" href={`${SIGN_IN_PATH}?next=${back()}`}>
        I have an account
      </Link>
    </div>
  )
}
