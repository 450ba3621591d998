/**
 * The rows in the document, in their order. Their elements are used again, which costs a picture a
 * third of new ones; most of all where the list leaps and each only gets other texts.
 */
import type { Row } from '#proto/api.ts'
import { RowElement, type RowLook } from './row-element.ts'
import { reuse } from './row-reuse-model.ts'

export interface ShownRows {
  readonly rows: readonly Row[]
  /** Index of the first of them in the list. */
  readonly first: number
  readonly look: RowLook
  /** Pixels of a row, where rows differ in it. */
  readonly heightAt: (index: number) => number | null
}

export class RowWindow {
  readonly #parent: HTMLElement
  #elements: readonly RowElement[] = []
  #rows: readonly Row[] = []
  #look: RowLook | null = null

  constructor(parent: HTMLElement) {
    this.#parent = parent
  }

  show({ rows, first, look, heightAt }: ShownRows): void {
    if (this.#look?.dated !== look.dated || this.#look.columns !== look.columns) this.#clear()
    const isNewLook = this.#look !== look
    const { takes, left, isPartly } = reuse(this.#rows, rows)
    for (const at of left) this.#elements[at]?.element.remove()
    if (!isPartly) this.#forgetMarked()
    const elements: RowElement[] = []
    for (const [place, row] of rows.entries()) {
      const taken = this.#elements[takes[place] ?? -1]
      const each = taken ?? new RowElement(look)
      if (isNewLook || each.row !== row) {
        // It stands at another place from now on.
        if (isPartly && each.row !== row) each.element.remove()
        each.show(row, look)
      }
      each.place(first + place, heightAt(first + place))
      elements.push(each)
    }
    this.#elements = elements
    this.#rows = rows
    this.#look = look
    this.#putInOrder()
  }

  /** The row that keys act on, and the one whose details are open. */
  mark(activeId: string | null, openId: string | null): void {
    for (const each of this.#elements) each.mark(activeId, openId)
  }

  /** The row whose element this is, or is inside. */
  rowOf(target: EventTarget | null): Row | null {
    const element = target instanceof Element ? target.closest('.row') : null
    return this.#elements.find(each => each.element === element)?.row ?? null
  }

  #putInOrder(): void {
    let next = this.#parent.firstChild
    for (const { element } of this.#elements) {
      if (element === next) next = next.nextSibling
      else this.#parent.insertBefore(element, next)
    }
  }

  /** Marked text would now be that of rows that nobody marked. */
  #forgetMarked(): void {
    const selection = getSelection()
    if (selection !== null && this.#parent.contains(selection.anchorNode)) {
      selection.removeAllRanges()
    }
  }

  #clear(): void {
    for (const { element } of this.#elements) element.remove()
    this.#elements = []
    this.#rows = []
  }
}
