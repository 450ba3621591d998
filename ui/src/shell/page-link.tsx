import type { JSX } from 'solid-js'
import { Link } from './link.tsx'

/** A link to one of the pages, with its state. */
export function PageLink(props: {
  readonly path: string
  readonly search: string
  readonly class?: string
  readonly title?: string
  readonly current?: boolean
  readonly label?: string
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <Link
      class={props.class}
      href={`${props.path}${props.search}`}
      title={props.title}
      aria-label={props.label}
      aria-current={props.current === true ? 'page' : undefined}
    >
      {props.children}
    </Link>
  )
}
