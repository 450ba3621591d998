import type { JSX } from 'solid-js'
import { moveTo } from './address.ts'

/** A link within the page: opens in place, or in a new tab where the browser is asked to. */
export function PageLink(props: {
  readonly path: string
  readonly search: string
  readonly class?: string
  readonly title?: string
  readonly current?: boolean
  readonly label?: string
  readonly children: JSX.Element
}): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0)
      return
    event.preventDefault()
    moveTo(props.path, props.search)
  }
  return (
    <a
      class={props.class}
      href={`${props.path}${props.search}`}
      title={props.title}
      aria-label={props.label}
      aria-current={props.current === true ? 'page' : undefined}
      onClick={follow}
    >
      {props.children}
    </a>
  )
}
