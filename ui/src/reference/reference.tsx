import { createResource, For, type JSX, Match, Show, Switch } from 'solid-js'
import { call } from '../api/client.ts'
import { Logo } from '../kit/icon.tsx'
import {
  groupsOf,
  type OpenApiDocument,
  type ReferenceAnswer,
  type ReferenceRoute,
} from './reference-model.ts'
import { TryIt } from './try-it.tsx'

export const REFERENCE_PATH = '/docs'

/** Every route of this server, out of its own OpenAPI document, to read and to try. */
export function Reference(): JSX.Element {
  const [document] = createResource(() =>
    call<OpenApiDocument>('GET', '/api/v1/openapi.json').then(found => ({
      version: found.info.version,
      groups: groupsOf(found),
    })),
  )
  return (
    <main class="reference">
      <header class="reference-head">
        <a class="brand" href="/explore" aria-label="Logboy">
          <Logo />
          <span>Logboy</span>
        </a>
        <h1>REST interface</h1>
        <a class="link" href="/api/v1/openapi.json">
          OpenAPI 3.1
        </a>
      </header>
      <Switch fallback={<p>Loading…</p>}>
        <Match when={document.error as Error | undefined}>
          {error => <p role="alert">The document cannot be shown: {error().message}</p>}
        </Match>
        <Match when={document()}>
          {found => (
            <For each={found().groups}>
              {group => (
                <section class="reference-group">
                  <h2>{group.title}</h2>
                  <For each={group.routes}>{route => <RouteEntry route={route} />}</For>
                </section>
              )}
            </For>
          )}
        </Match>
      </Switch>
    </main>
  )
}

function RouteEntry(props: { readonly route: ReferenceRoute }): JSX.Element {
  return (
    <details class="reference-route" id={props.route.id}>
      <summary>
        <code class="reference-method">{props.route.method}</code>
        <code class="reference-path">{props.route.path}</code>
        <span>{props.route.summary}</span>
      </summary>
      <div class="reference-body">
        <Show when={props.route.description}>{text => <p>{text()}</p>}</Show>
        <p class="reference-who">For {props.route.who}.</p>
        <Show when={props.route.parameters.length > 0}>
          <h3>Parameters</h3>
          <dl class="reference-list">
            <For each={props.route.parameters}>
              {parameter => (
                <div>
                  <dt>
                    <code>{parameter.name}</code>
                    {parameter.required ? ' (needed)' : ''}
                  </dt>
                  <dd>
                    {[parameter.description ?? '', (parameter.schema.enum ?? []).join(' · ')]
                      .filter(text => text !== '')
                      .join(': ')}
                  </dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
        <Show when={props.route.body}>
          {body => (
            <>
              <h3>Body</h3>
              <pre>{body()}</pre>
            </>
          )}
        </Show>
        <h3>Answers</h3>
        <For each={props.route.answers}>{answer => <Answer answer={answer} />}</For>
        <TryIt route={props.route} />
      </div>
    </details>
  )
}

function Answer(props: { readonly answer: ReferenceAnswer }): JSX.Element {
  return (
    <div class="reference-answer">
      <p>
        <code>{props.answer.status}</code> {props.answer.description}
      </p>
      <Show when={props.answer.shape}>{shape => <pre>{shape()}</pre>}</Show>
    </div>
  )
}
