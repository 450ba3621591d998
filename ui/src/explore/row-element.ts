/** One row of the list in the document: made once, then given one row after the other. */
import type { Row } from '#proto/api.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import { cellOf } from './columns-model.ts'
import type { Phrase } from './highlight-model.ts'
import { inlineAttributes } from './row-detail-model.ts'
import { rowTimeMs } from './row-order.ts'
import {
  ATTRIBUTES_GAP,
  lineText,
  type TextPart,
  textParts,
  wrappedText,
} from './row-text-model.ts'

/** How all rows are shown. */
export interface RowLook {
  readonly zone: Zone
  /** Times need a date. */
  readonly dated: boolean
  /** Names of the columns. */
  readonly columns: readonly string[]
  readonly wrapped: boolean
  readonly phrases: readonly Phrase[]
}

/** More of a value than this cannot be seen in a cell. */
const CELL_CHARS = 300

/** Writes only what differs, as each change costs style, layout and paint. */
export class RowElement {
  readonly element = document.createElement('div')
  readonly #day = new Text()
  readonly #clock = new Text()
  readonly #milli = new Text()
  readonly #level = new Text()
  readonly #levelCell = cellElement('cell-level', this.#level)
  readonly #fields: readonly { readonly cell: HTMLElement; readonly text: Text }[]
  readonly #text = new Text()
  readonly #attributes = new Text()
  readonly #tail = spanElement('cell-attributes', this.#attributes)
  readonly #message = cellElement('cell-message', this.#text, this.#tail)
  #row: Row | null = null
  #isPlain = true
  #isActive = false
  #isOpen = false
  #index = -1
  #height: number | null = null

  constructor({ dated, columns }: RowLook) {
    this.element.setAttribute('role', 'row')
    this.element.setAttribute('aria-selected', 'false')
    this.#fields = columns.map(() => {
      const text = new Text()
      return { cell: cellElement('cell-field', text), text }
    })
    const milli = spanElement('cell-milli', this.#milli)
    const day = dated ? [spanElement('cell-day', this.#day)] : []
    this.element.append(
      cellElement('cell-time', ...day, this.#clock, milli),
      this.#levelCell,
      ...this.#fields.map(({ cell }) => cell),
      this.#message,
    )
  }

  get row(): Row | null {
    return this.#row
  }

  show(row: Row, look: RowLook): void {
    const isOtherLevel = this.#row?.level !== row.level
    this.#row = row
    this.element.id = `row-${row.id}`
    this.#showTime(rowTimeMs(row), look)
    if (isOtherLevel) {
      write(this.#level, row.level)
      this.#levelCell.className = `cell cell-level level-${row.level.toLowerCase()}`
      this.#dress()
    }
    for (const [at, { cell, text }] of this.#fields.entries()) {
      const value = cellOf(row, look.columns[at] ?? '').slice(0, CELL_CHARS)
      if (write(text, value)) cell.title = value
    }
    this.#showMessage(textParts(look.wrapped ? wrappedText(row) : lineText(row), look.phrases))
    write(this.#attributes, ATTRIBUTES_GAP + inlineAttributes(row))
  }

  /** Where it stands in the list, and its height where rows differ in it. */
  place(index: number, height: number | null): void {
    if (index !== this.#index) this.element.ariaRowIndex = String(index + 1)
    if (height !== this.#height) this.element.style.height = height === null ? '' : `${height}px`
    this.#index = index
    this.#height = height
  }

  mark(activeId: string | null, openId: string | null): void {
    const [isActive, isOpen] = [this.#row?.id === activeId, this.#row?.id === openId]
    if (isActive === this.#isActive && isOpen === this.#isOpen) return
    this.#isActive = isActive
    this.#isOpen = isOpen
    this.element.ariaSelected = String(isActive)
    this.#dress()
  }

  #dress(): void {
    const level = this.#row?.level.toLowerCase() ?? ''
    const marks = `${this.#isActive ? ' row-active' : ''}${this.#isOpen ? ' row-open' : ''}`
    this.element.className = `row row-${level}${marks}`
  }

  #showTime(timeMs: number, { zone, dated }: RowLook): void {
    const clock = clockText(timeMs, zone)
    if (dated) write(this.#day, `${dayText(timeMs, zone)} `)
    write(this.#clock, clock.slice(0, 8))
    write(this.#milli, clock.slice(8))
  }

  #showMessage(parts: readonly TextPart[]): void {
    const [first] = parts
    const isPlain = parts.length === 1 && first?.hit === false && first.style === ''
    if (isPlain) write(this.#text, first.text)
    if (isPlain && this.#isPlain) return
    const nodes = isPlain ? [this.#text] : parts.map(partNode)
    this.#message.replaceChildren(...nodes, this.#tail)
    this.#isPlain = isPlain
  }
}

/** True when it was another text. */
function write(node: Text, text: string): boolean {
  const isOther = node.data !== text
  if (isOther) node.data = text
  return isOther
}

function partNode({ text, hit, style }: TextPart): Node | string {
  if (!hit && style === '') return text
  const element = document.createElement(hit ? 'mark' : 'span')
  element.className = style
  element.textContent = text
  return element
}

function cellElement(name: string, ...parts: readonly Node[]): HTMLElement {
  const element = spanElement(`cell ${name}`, ...parts)
  element.setAttribute('role', 'gridcell')
  return element
}

function spanElement(className: string, ...parts: readonly Node[]): HTMLElement {
  const element = document.createElement('span')
  element.className = className
  element.append(...parts)
  return element
}
