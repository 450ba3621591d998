/**
 * What people want a message to say: text with names in braces, `{{rule}}`, `{{group.service}}`,
 * `{{#if runbook}} … {{else}} … {{/if}}`, `{{#each changes}} … {{/each}}`, and nothing else: no
 * expression, no call, no loop but over what a message has, and an output of bounded length.
 */
import type { QueryFault } from '#proto/query/fault.ts'
import { meantName } from '#proto/query/known-names.ts'

export type MessageTemplate = readonly TemplateNode[]

type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'value'; readonly name: string }
  | { readonly type: 'each'; readonly name: ListName; readonly body: MessageTemplate }
  | {
      readonly type: 'if'
      readonly name: string
      readonly body: MessageTemplate
      readonly otherwise: MessageTemplate
    }

/** What names stand for: of a message, or of one change or line of it. */
export interface TemplateScope {
  /** '' = it has no such value. */
  readonly text: (name: string) => string
  readonly list: (name: ListName) => readonly TemplateScope[]
}

export type ParsedTemplate =
  | { readonly type: 'template'; readonly template: MessageTemplate }
  | { readonly type: 'fault'; readonly fault: QueryFault }

/** Names of a message; those of its first change, where it has several. */
export const MESSAGE_NAMES = [
  'state',
  'rule',
  'rules',
  'severity',
  'condition',
  'value',
  'threshold',
  'group',
  'time',
  'count',
  'project',
  'link',
  'runbook',
  'acknowledge',
  'silence',
  'repeated',
] as const
/** Lists, and the names that each of their members has besides. */
export const LIST_NAMES = {
  changes: [],
  lines: ['level', 'service', 'message'],
} as const
export type ListName = keyof typeof LIST_NAMES
const LISTS = Object.keys(LIST_NAMES) as ListName[]
/** Before a dot, with every field of the group and label of the rule. */
const MAPS = ['group', 'labels'] as const

export const TITLE_TEMPLATE_CHARS_MAX = 300
export const BODY_TEMPLATE_CHARS_MAX = 4_000
/** Blocks inside one another. */
const DEPTH_MAX = 4
/** Of an alert of which nothing was measured: an average of no logs, say. */
export const NO_VALUE = 'no data'
/** Of what comes out; the rest is cut. */
const RENDERED_CHARS_MAX = 8_000

export function parseTemplate(text: string): ParsedTemplate {
  try {
    return { type: 'template', template: new TemplateParser(text).template() }
  } catch (error) {
    if (error instanceof TemplateFaultError) return { type: 'fault', fault: error.fault }
    throw error
  }
}

/** `escape` is of where it goes: values pass it, what the template itself says does not. */
export function renderTemplate(
  template: MessageTemplate,
  scope: TemplateScope,
  escape: (value: string) => string,
): string {
  const text = render(template, scope, escape, RENDERED_CHARS_MAX + 1)
  return text.length > RENDERED_CHARS_MAX ? `${text.slice(0, RENDERED_CHARS_MAX)}…` : text
}

/** At least as far as `max` units. */
function render(
  template: MessageTemplate,
  scope: TemplateScope,
  escape: (value: string) => string,
  max: number,
): string {
  let text = ''
  for (const node of template) {
    if (text.length >= max) break
    if (node.type === 'text') text += node.text
    else if (node.type === 'value') text += escape(scope.text(node.name) || absent(node.name))
    else if (node.type === 'if') {
      const branch = isThere(node.name, scope) ? node.body : node.otherwise
      text += render(branch, scope, escape, max - text.length)
    } else {
      for (const each of scope.list(node.name)) {
        if (text.length >= max) break
        text += render(node.body, each, escape, max - text.length)
      }
    }
  }
  return text
}

/** What is said in place of what is not there. */
function absent(name: string): string {
  return name === 'value' ? NO_VALUE : ''
}

function isThere(name: string, scope: TemplateScope): boolean {
  return isList(name) ? scope.list(name).length > 0 : scope.text(name) !== ''
}

function isList(name: string): name is ListName {
  return LISTS.some(list => list === name)
}

/** Thrown inside the parser only. */
class TemplateFaultError extends Error {
  readonly code = 'LOGBOY_TEMPLATE_FAULT'
  readonly fault: QueryFault

  constructor(fault: QueryFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** What stands between braces. */
interface Tag {
  readonly position: number
  readonly length: number
  readonly word: string
  /** Where the name begins. */
  readonly namePosition: number
  readonly name: string
}

class TemplateParser {
  readonly #text: string
  readonly #lists: ListName[] = []
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  template(): MessageTemplate {
    const { nodes, end } = this.#nodes()
    if (end !== null) {
      const expected = 'text, or a tag that begins something'
      this.#fail(end, `{{${end.word}}} ends nothing`, expected)
    }
    return nodes
  }

  /** Up to a tag that is none of its own, which is answered; null = the end of the text. */
  #nodes(): { readonly nodes: MessageTemplate; readonly end: Tag | null } {
    const nodes: TemplateNode[] = []
    for (;;) {
      const begin = this.#text.indexOf('{{', this.#at)
      const text = this.#text.slice(this.#at, begin === -1 ? undefined : begin)
      if (text !== '') nodes.push({ type: 'text', text })
      if (begin === -1) return { nodes, end: null }
      const tag = this.#tag(begin)
      if (tag.word === 'else' || tag.word.startsWith('/')) return { nodes, end: tag }
      nodes.push(this.#node(tag))
    }
  }

  #tag(position: number): Tag {
    const end = this.#text.indexOf('}}', position)
    const length = end === -1 ? 2 : end + 2 - position
    const at = { position, length, word: '', namePosition: position, name: '' }
    if (end === -1) return this.#fail(at, 'these braces are never closed', '}}')
    const content = this.#text.slice(position + 2, end)
    const match = /^\s*([#/]?[\w.@:-]*)(?:\s+([\w.@:-]+))?\s*$/.exec(content)
    const [, word = '', name = ''] = match ?? []
    if (match === null || word === '') this.#fail(at, 'this is no name', 'a name, as in {{rule}}')
    this.#at = end + 2
    const found = name === '' ? word : name
    const namePosition = position + 2 + content.lastIndexOf(found)
    return { position, length, word, namePosition, name: found }
  }

  #node(tag: Tag): TemplateNode {
    const { word, name } = tag
    if (word === '#each') return this.#each(tag)
    if (word === '#if') return this.#if(tag)
    if (word.startsWith('#')) {
      const expected = '#each or #if'
      return this.#fail(tag, `there is no ${word}`, expected, meantName(word, ['#each', '#if']))
    }
    if (word !== name) this.#fail(tag, 'two words stand here', 'one name, as in {{rule}}')
    if (isList(name)) {
      const expected = `{{#each ${name}}} … {{/each}}`
      this.#fail(tag, `${name} is a list`, expected)
    }
    this.#known(tag)
    return { type: 'value', name }
  }

  #each(tag: Tag): TemplateNode {
    const { name } = tag
    if (!isList(name)) {
      const expected = `one of ${LISTS.join(', ')}`
      return this.#fail(tag, `${name} is no list`, expected, meantName(name, LISTS))
    }
    if (this.#lists.length > 0) {
      this.#fail(tag, 'a list stands inside another one', 'one list at a time')
    }
    this.#lists.push(name)
    const { nodes: body, end } = this.#inside(tag)
    this.#lists.pop()
    this.#ends(tag, end, '/each')
    return { type: 'each', name, body }
  }

  #if(tag: Tag): TemplateNode {
    const { name } = tag
    if (!isList(name)) this.#known(tag)
    const { nodes: body, end } = this.#inside(tag)
    const other = end?.word === 'else' ? this.#inside(tag) : null
    this.#ends(tag, other === null ? end : other.end, '/if')
    return { type: 'if', name, body, otherwise: other?.nodes ?? [] }
  }

  #inside(tag: Tag) {
    if (++this.#depth > DEPTH_MAX) {
      this.#fail(tag, `more than ${DEPTH_MAX} blocks inside one another`, 'fewer')
    }
    const inside = this.#nodes()
    this.#depth--
    return inside
  }

  #ends(begin: Tag, end: Tag | null, word: string): void {
    if (end?.word === word) return
    if (end !== null) this.#fail(end, `{{${begin.word}}} is not closed yet`, `{{${word}}}`)
    this.#fail(begin, 'this is never closed', `{{${word}}}`)
  }

  #known(tag: Tag): void {
    const { name } = tag
    const [map, ...field] = name.split('.')
    if (field.length > 0 && MAPS.some(known => known === map) && field.join('.') !== '') return
    const [list] = this.#lists
    const names: string[] = [...MESSAGE_NAMES, ...(list === undefined ? [] : LIST_NAMES[list])]
    if (names.includes(name)) return
    const owner = LISTS.find(each => LIST_NAMES[each].some(member => member === name))
    if (owner !== undefined) {
      this.#fail(tag, `${name} is of a member of ${owner}`, `{{#each ${owner}}} around it`)
    }
    const expected = `one of ${names.join(', ')}, group.FIELD or labels.NAME`
    this.#fail(tag, `a message has no ${name.slice(0, 40)}`, expected, meantName(name, names))
  }

  #fail(tag: Tag, message: string, expected: string, meant: string | null = null): never {
    const { namePosition, name } = tag
    const hasName = meant !== null
    const position = hasName ? namePosition : tag.position
    const length = hasName ? name.length : tag.length
    const after = this.#text.slice(position + length)
    const suggestion = hasName ? this.#text.slice(0, position) + meant + after : null
    throw new TemplateFaultError({ position, length, message, expected, suggestion })
  }
}
