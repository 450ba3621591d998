import { type Component, createMemo, type JSX, lazy, Match, onMount, Switch } from 'solid-js'
import { watch } from './kit/reactive.ts'
import { Toaster } from './kit/toast.tsx'
import { forgetProjects, loadProjects } from './projects/projects.ts'
import { REFERENCE_PATH, Reference } from './reference/reference.tsx'
import { address, moveTo } from './shell/address.ts'
import {
  FORGOTTEN_PATH,
  GATE_PATHS,
  INVITATION_PATH,
  nextPlace,
  RESET_PATH,
  SIGN_IN_PATH,
  SIGN_UP_PATH,
} from './shell/next-place.ts'
import { checkSession, session } from './shell/session.ts'
import { SignIn } from './shell/sign-in.tsx'
import { Workspace } from './workspace.tsx'

/** Met once by each person, if at all. */
const GATE_PAGES: Readonly<Record<string, Component>> = {
  [SIGN_UP_PATH]: lazy(async () => ({
    default: (await import('./shell/sign-up.tsx')).SignUpPage,
  })),
  [FORGOTTEN_PATH]: lazy(async () => ({
    default: (await import('./shell/reset-password.tsx')).ForgottenPage,
  })),
  [RESET_PATH]: lazy(async () => ({
    default: (await import('./shell/reset-password.tsx')).ResetPage,
  })),
  [INVITATION_PATH]: lazy(async () => ({
    default: (await import('./shell/invitation.tsx')).InvitationPage,
  })),
}

export function App(): JSX.Element {
  // A ticket is tried first; asking for the session meanwhile would race with it.
  const byTicket = address().path === SIGN_IN_PATH && address().search.includes('ticket=')
  onMount(() => void (byTicket || checkSession()))
  watch(session, state => {
    if (state === 'in') void loadProjects()
    if (state === 'out') forgetProjects()
  })
  watch(
    () => session() === 'in' && address().path === SIGN_IN_PATH,
    isThrough => {
      if (isThrough) moveTo(...nextPlace(address().search), { replace: true })
    },
  )
  const gatePage = createMemo(() =>
    session() === 'checking' ? undefined : GATE_PAGES[address().path],
  )
  return (
    <>
      <Switch>
        <Match when={address().path === REFERENCE_PATH}>
          <Reference />
        </Match>
        <Match when={gatePage()} keyed>
          {Page => <Page />}
        </Match>
        <Match when={session() === 'in' && !GATE_PATHS.includes(address().path)}>
          <Workspace />
        </Match>
        <Match when={session() === 'out' || session() === 'away' || byTicket}>
          <SignIn />
        </Match>
      </Switch>
      <Toaster />
    </>
  )
}
