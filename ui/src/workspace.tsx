import {
  createMemo,
  createSignal,
  ErrorBoundary,
  type JSX,
  lazy,
  Match,
  Show,
  Suspense,
  Switch,
} from 'solid-js'
import type { Project } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { Explore } from './explore/explore.tsx'
import { Icon, Logo } from './kit/icon.tsx'
import { watch } from './kit/reactive.ts'
import { CreateProjectDialog, CreateProjectForm } from './projects/create-project.tsx'
import { chooseProject } from './projects/project-choice-model.ts'
import { loadProjects, projects, projectsProblem } from './projects/projects.ts'
import { address, moveTo } from './shell/address.ts'
import {
  ACCOUNT_PATH,
  ADMIN_PATH,
  ALERTS_PATH,
  DASHBOARD_PATH,
  EXPLORE_PATH,
  isOwnPage,
  isPage,
  PROJECT_PATH,
  pageSearch,
} from './shell/pages.ts'
import { TopBar } from './shell/top-bar.tsx'

// These come when they are first asked for: whoever searches need not wait for them.
const Dashboard = lazy(async () => ({
  default: (await import('./dashboard/dashboard.tsx')).Dashboard,
}))
const AlertPages = lazy(async () => ({
  default: (await import('./alerts/alert-pages.tsx')).AlertPages,
}))
const ProjectPages = lazy(async () => ({
  default: (await import('./projects/project-pages.tsx')).ProjectPages,
}))
const AccountPage = lazy(async () => ({
  default: (await import('./account/account-page.tsx')).AccountPage,
}))
const AdminPages = lazy(async () => ({
  default: (await import('./admin/admin-pages.tsx')).AdminPages,
}))

/** Everything behind the sign-in: the bar, the chosen project, and the page. */
export function Workspace(): JSX.Element {
  const [creating, setCreating] = createSignal(false)
  const wanted = createMemo(() => new URLSearchParams(address().search).get('project'))
  const project = createMemo(() => chooseProject(projects() ?? [], wanted()))
  const pagePath = (): string => (isPage(address().path) ? address().path : EXPLORE_PATH)
  const show = (chosen: Project): void => {
    setCreating(false)
    moveTo(pagePath(), pageSearch(pagePath(), chosen.id))
  }
  const showNew = (created: Project): void => {
    setCreating(false)
    moveTo(EXPLORE_PATH, pageSearch(EXPLORE_PATH, created.id))
  }
  // A bare address becomes the page that people want first: everything, as it comes in.
  watch(
    () => [project(), address().path, wanted()] as const,
    ([chosen, path, named]) => {
      if (chosen !== null && !isOwnPage(path) && (!isPage(path) || named === null))
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
      <ErrorBoundary fallback={error => <PageLost error={error as Error} />}>
        <Suspense fallback={<main class="page-loading" aria-busy="true" />}>
          <Page name={wanted()} project={project()} onProject={show} onNew={showNew} />
        </Suspense>
      </ErrorBoundary>
      <Show when={creating()}>
        <CreateProjectDialog onCreated={showNew} onClose={() => setCreating(false)} />
      </Show>
    </div>
  )
}

function Page(props: {
  /** As the address names the project. */
  readonly name: string | null
  readonly project: ProjectAccess | null
  readonly onProject: (project: Project) => void
  readonly onNew: (project: Project) => void
}): JSX.Element {
  const path = (): string => address().path
  return (
    <Switch>
      <Match when={path() === ACCOUNT_PATH}>
        <AccountPage />
      </Match>
      <Match when={path() === ADMIN_PATH || path().startsWith(`${ADMIN_PATH}/`)}>
        <AdminPages />
      </Match>
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
          <CreateProjectForm onCreated={props.onNew} />
        </main>
      </Match>
      <Match when={path() === DASHBOARD_PATH ? props.project : null}>
        {chosen => <Dashboard project={chosen()} />}
      </Match>
      <Match when={path().startsWith(ALERTS_PATH) ? props.project : null}>
        {chosen => <AlertPages project={chosen()} />}
      </Match>
      <Match when={path().startsWith(PROJECT_PATH) ? props.project : null}>
        {chosen => <ProjectPages project={chosen()} />}
      </Match>
      <Match when={props.project}>{chosen => <Explore project={chosen()} />}</Match>
      <Match when={projects() !== null}>
        <div class="empty">
          <Icon name="folder" />
          <h2>There is no project “{props.name}”</h2>
          <p>It may have been deleted, or the link belongs to another installation.</p>
          <Show when={projects()?.[0]}>
            {first => (
              <button type="button" class="button" onClick={() => props.onProject(first())}>
                Go to {first().name}
              </button>
            )}
          </Show>
        </div>
      </Match>
    </Switch>
  )
}

/** A page that could not be fetched: the server is away, or is another version by now. */
function PageLost(props: { readonly error: Error }): JSX.Element {
  return (
    <div class="empty empty-error" role="alert">
      <Icon name="warning" />
      <h2>The page cannot be shown</h2>
      <p>{props.error.message}</p>
      <button type="button" class="button button-primary" onClick={() => location.reload()}>
        <Icon name="refresh" />
        Load again
      </button>
    </div>
  )
}
