import { type JSX, onMount } from 'solid-js'
import { Icon } from './icon.tsx'

export interface DialogProps {
  readonly title: string
  readonly class?: string | undefined
  readonly onClose: () => void
  readonly children: JSX.Element
}

/** A modal dialog of the browser's own kind: it holds the focus and closes with Escape. */
export function Dialog(props: DialogProps): JSX.Element {
  let dialog: HTMLDialogElement | undefined
  onMount(() => dialog?.showModal())
  const closeOnBackdrop = (event: MouseEvent): void => {
    if (event.target === dialog) dialog?.close()
  }
  return (
    <dialog
      ref={element => {
        dialog = element
      }}
      class={`dialog ${props.class ?? ''}`}
      aria-label={props.title}
      on:close={() => props.onClose()}
      on:click={closeOnBackdrop}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{props.title}</h2>
          <button
            type="button"
            class="button button-quiet button-icon"
            aria-label="Close"
            onClick={() => dialog?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}
