/** Fields that are made while reading, for conditions that no index answers: exact, but slow. */
import { firstWhole, lastWhole, type NumberRange } from '#actors/processing/value-number.ts'
import { FIELDS } from '../field-names.ts'
import { numbersScript, textsScript } from './attribute-scripts.ts'

const MESSAGE = 'logboy_message'
const FOLDED_MESSAGE = 'logboy_message_folded'

const MESSAGE_SOURCE = `def text = params._source['${FIELDS.message}'];`
/** As proto/tokens.ts does: the simple lower case of each code point, two halves for some. */
const FOLD_SOURCE = `${MESSAGE_SOURCE}
if (text == null) { emit(''); return; }
StringBuilder folded = new StringBuilder();
for (int at = 0; at < text.length(); at++) {
  char half = text.charAt(at);
  if (Character.isHighSurrogate(half) && at + 1 < text.length()) {
    folded.append(text.substring(at, at + 2).toLowerCase());
    at++;
  } else folded.append(Character.toLowerCase(half));
}
emit(folded.toString());`

/** The whole text of a message, which no index has. */
export const MESSAGE_RUNTIME: Readonly<Record<string, unknown>> = {
  type: 'keyword',
  script: { source: `${MESSAGE_SOURCE} emit(text == null ? '' : text)` },
}

/** Collects what a search needs; answers the names of the fields. */
export class RuntimeFields {
  readonly mappings: Record<string, unknown> = {}
  #next = 0
  readonly #texts = new Map<string, string>()

  message(): string {
    this.mappings[MESSAGE] = MESSAGE_RUNTIME
    return MESSAGE
  }

  foldedMessage(): string {
    this.mappings[FOLDED_MESSAGE] = { type: 'keyword', script: { source: FOLD_SOURCE } }
    return FOLDED_MESSAGE
  }

  /** All values of an attribute as one text, a separator around each. */
  attributeTexts(key: string): string {
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const name = this.#add({ type: 'keyword', script: { source: textsScript(key) } })
    this.#texts.set(key, name)
    return name
  }

  /** True where a number in the text twin of an attribute lies within the range. */
  attributeNumbers(key: string, range: NumberRange): string {
    const { from, to } = range
    const params = {
      first: from && String(firstWhole(from)),
      last: to && String(lastWhole(to)),
      from: from && from.number,
      to: to && to.number,
      from_included: from?.inclusive ?? true,
      to_included: to?.inclusive ?? true,
    }
    return this.#add({ type: 'boolean', script: { source: numbersScript(key), params } })
  }

  #add(mapping: unknown): string {
    const name = `logboy_condition_${this.#next++}`
    this.mappings[name] = mapping
    return name
  }
}
