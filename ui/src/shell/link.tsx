import { type JSX, splitProps } from 'solid-js'
import { moveTo } from './address.ts'

/** A link to another place of this page; with a modifier key it opens like any other link. */
export function Link(
  props: JSX.AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string },
): JSX.Element {
  const [own, rest] = splitProps(props, ['href'])
  const follow = (event: MouseEvent): void => {
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey)
    if (!plain || event.altKey || event.defaultPrevented) return
    event.preventDefault()
    const { pathname, search } = new URL(own.href, location.href)
    moveTo(pathname, search)
  }
  return <a {...rest} href={own.href} onClick={follow} />
}
