import { createSignal, type JSX, onCleanup, Show } from 'solid-js'
import { watch } from './reactive.ts'

export interface PopoverProps {
  /** What the button says to those who do not see it; omit where its content says it. */
  readonly label?: string
  readonly title?: string
  readonly button: JSX.Element
  readonly class?: string
  readonly panelClass?: string
  readonly align?: 'start' | 'end'
  /** Takes the function that closes the panel again. */
  readonly children: (close: () => void) => JSX.Element
}

/** A button and a panel that hangs from it until Escape, a click elsewhere, or `close`. */
export function Popover(props: PopoverProps): JSX.Element {
  const [open, setOpen] = createSignal(false)
  let root: HTMLDivElement | undefined
  let button: HTMLButtonElement | undefined

  const close = (): void => {
    if (!open()) return
    const inside = root?.contains(document.activeElement) ?? false
    setOpen(false)
    if (inside) button?.focus()
  }
  const closeOutside = (event: Event): void => {
    if (event.target instanceof Node && root?.contains(event.target) === false) setOpen(false)
  }
  watch(open, isOpen => {
    if (!isOpen) return
    root?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    document.addEventListener('pointerdown', closeOutside)
    document.addEventListener('focusin', closeOutside)
    onCleanup(() => {
      document.removeEventListener('pointerdown', closeOutside)
      document.removeEventListener('focusin', closeOutside)
    })
  })
  const closeOnEscape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open()) return
    event.stopPropagation()
    close()
  }

  return (
    <div
      class="popover"
      ref={element => {
        root = element
      }}
      on:keydown={closeOnEscape}
    >
      <button
        type="button"
        ref={element => {
          button = element
        }}
        class={props.class ?? 'button'}
        aria-label={props.label}
        title={props.title}
        aria-haspopup="dialog"
        aria-expanded={open()}
        onClick={() => (open() ? close() : setOpen(true))}
      >
        {props.button}
      </button>
      <Show when={open()}>
        <div
          class={`popover-panel ${props.panelClass ?? ''}`}
          classList={{ 'popover-end': props.align === 'end' }}
          role="dialog"
          aria-label={props.label ?? props.title}
        >
          {props.children(close)}
        </div>
      </Show>
    </div>
  )
}
