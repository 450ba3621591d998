import {
  createMemo,
  createSignal,
  type JSX,
  lazy,
  Match,
  onMount,
  Show,
  Suspense,
  Switch,
} from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Explore } from './explore/explore.tsx'
import { Icon, Logo } from './kit/icon.tsx'
import { watch } from './kit/reactive.ts'
import { Toaster } from './kit/toast.tsx'
import { CreateProjectDialog, CreateProjectForm } from './projects/create-project.tsx'
import { chooseProject } from './projects/project-choice-model.ts'
import { loadProjects, projects, projectsProblem } from './projects/projects.ts'
import { REFERENCE_PATH, Reference } from './reference/reference.tsx'
import { address, moveTo } from './shell/address.ts'
import { DASHBOARD_PATH, EXPLORE_PATH, isPage, pageSearch } from './shell/pages.ts'
import { checkSession, session } from './shell/session.ts'
import { SIGN_IN_PATH, SignIn } from './shell/sign-in.tsx'
import { TopBar } from './shell/top-bar.tsx'

/** Comes when it is first asked for: whoever searches need not wait for its charts. */
const Dashboard = lazy(async () => {
  const { Dashboard: page } = await import('./dashboard/dashboard.tsx')
  return { default: page }
})

export function App(): JSX.Element {
  // A ticket is tried first; asking for the session meanwhile would race with it.
  const byTicket = address().path === SIGN_IN_PATH && address().search.includes('ticket=')
  onMount(() => void (byTicket || checkSession()))
  watch(session, state => {
    if (state === 'in') void loadProjects()
  })
  return (
    <>
      <Switch>
        <Match when={address().path === REFERENCE_PATH}>
          <Reference />
        </Match>
        <Match when={session() === 'in'}>
          <Workspace />
        </Match>
        <Match when={session() !== 'checking' || byTicket}>
          <SignIn />
        </Match>
      </Switch>
      <Toaster />
    </>
  )
}

/** Everything behind the sign-in: the bar, the chosen project, and the page. */
function Workspace(): JSX.Element {
  const [creating, setCreating] = createSignal(false)
  const wanted = createMemo(() => new URLSearchParams(address().search).get('project'))
  const project = createMemo(() => chooseProject(projects() ?? [], wanted()))
  const pagePath = (): string => (isPage(address().path) ? address().path : EXPLORE_PATH)
  const show = (chosen: Project): void => {
    setCreating(false)
    moveTo(pagePath(), pageSearch(pagePath(), chosen.id))
  }
  // A bare address becomes the page that people want first: everything, as it comes in.
  watch(
    () => [project(), address().path, wanted()] as const,
    ([chosen, path, named]) => {
      if (chosen !== null && (!isPage(path) || named === null))
        moveTo(pagePath(), pageSearch(pagePath(), chosen.id), { replace: true })
    },
  )
  watch(project, chosen => {
    document.title = chosen === null ? 'Logboy' : `${chosen.name} · Logboy`
  })
  return (
    <div class="workspace">
      <TopBar
        projects={projects() ?? []}
        project={project()}
        onProject={show}
        onCreate={() => setCreating(true)}
      />
      <Switch>
        <Match when={projectsProblem()}>
          {problem => (
            <div class="empty empty-error" role="alert">
              <Icon name="warning" />
              <h2>The projects cannot be shown</h2>
              <p>{problem().message}</p>
              <button type="button" class="button" onClick={() => void loadProjects()}>
                Try again
              </button>
            </div>
          )}
        </Match>
        <Match when={projects()?.length === 0}>
          <main class="welcome">
            <Logo />
            <h1>Welcome to Logboy</h1>
            <p>A project holds the logs of one system. Create the first one to begin.</p>
            <CreateProjectForm onCreated={show} />
          </main>
        </Match>
        <Match when={address().path === DASHBOARD_PATH ? project() : null}>
          {chosen => (
            <Suspense fallback={<main class="page-loading" aria-busy="true" />}>
              <Dashboard project={chosen()} />
            </Suspense>
          )}
        </Match>
        <Match when={project()}>{chosen => <Explore project={chosen()} />}</Match>
        <Match when={projects() !== null}>
          <div class="empty">
            <Icon name="folder" />
            <h2>There is no project “{wanted()}”</h2>
            <p>It may have been deleted, or the link belongs to another installation.</p>
            <Show when={projects()?.[0]}>
              {first => (
                <button type="button" class="button" onClick={() => show(first())}>
                  Go to {first().name}
                </button>
              )}
            </Show>
          </div>
        </Match>
      </Switch>
      <Show when={creating()}>
        <CreateProjectDialog onCreated={show} onClose={() => setCreating(false)} />
      </Show>
    </div>
  )
}
