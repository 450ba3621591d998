/**
 * An attribute as one value, whatever its types were: scripts in Painless that look into the typed
 * field and the text twin of a row, as values.ts does with columns.
 */
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { attributeField, textTwinField } from '../field-names.ts'

/** Emits the number of a row; values of arrays are none. */
export function numberScript(key: string): string {
  return `${HELPERS}
if (has(doc, ${quote(textTwinField('j', key))})) return;
if (has(doc, ${quote(textTwinField('l', key))})) return;
String field = ${quote(attributeField(key))};
if (has(doc, field)) {
  def value = doc[field].value;
  if (value instanceof Number) emit(((Number) value).doubleValue());
  return;
}
for (name in [${quote(textTwinField('i', key))}, ${quote(textTwinField('d', key))}]) {
  if (!has(doc, name)) continue;
  double number = Double.parseDouble(doc[name].value);
  if (!Double.isNaN(number) && !Double.isInfinite(number)) emit(number);
  return;
}`
}

/**
 * Emits the value of a row as a key to group by: numbers as JavaScript writes them, JSON as it is
 * but for null, which is no value, as is a text that is too long to be compared. `idField`: a
 * column of ids that comes first.
 */
export function groupScript(key: string, idField: string | null): string {
  const twins = (['j', 's', 'i', 'd', 'b'] as const).map(type => quote(textTwinField(type, key)))
  const source =
    idField === null
      ? ''
      : `def id = params._source[${quote(idField)}];
if (id != null) { emit(id.toString()); return; }
`
  return `${HELPERS}
${source}if (has(doc, ${quote(textTwinField('l', key))})) return;
for (name in [${twins.join(', ')}]) {
  if (!has(doc, name)) continue;
  String text = doc[name].value;
  if (name == ${twins[0]} && text == 'null') return;
  if (text.length() <= ${ATTRIBUTE_SEARCH_CHARS_MAX}) emit(text);
  return;
}
String field = ${quote(attributeField(key))};
if (!has(doc, field)) return;
def value = doc[field].value;
emit(value instanceof Double ? numberText((double) value) : String.valueOf(value));`
}

/**
 * Emits all values of a row as one text, which conditions on text look into: a separator before,
 * between and after them, for a field may have only so many values. JSON is no value, but scalars
 * of arrays stand under their own types.
 */
export function textsScript(key: string): string {
  const twins = (['s', 'i', 'd', 'b'] as const).map(type => quote(textTwinField(type, key)))
  return `${HELPERS}
String separator = '\uffff';
StringBuilder texts = new StringBuilder(separator);
for (name in [${twins.join(', ')}]) {
  if (!has(doc, name)) continue;
  for (value in doc[name]) { texts.append(value); texts.append(separator); }
}
String field = ${quote(attributeField(key))};
if (has(doc, field)) {
  def value = doc[field].value;
  texts.append(value instanceof Double ? numberText((double) value) : String.valueOf(value));
  texts.append(separator);
}
emit(texts.toString());`
}

/** Emits true if a number in the text twin lies within params: integers digit by digit. */
export function numbersScript(key: string): string {
  return `${HELPERS}
BigInteger first = params.first == null ? null : new BigInteger(params.first);
BigInteger last = params.last == null ? null : new BigInteger(params.last);
String wholes = ${quote(textTwinField('i', key))};
if (has(doc, wholes)) {
  for (value in doc[wholes]) {
    BigInteger number = new BigInteger(value);
    if (first != null && number.compareTo(first) < 0) continue;
    if (last != null && number.compareTo(last) > 0) continue;
    emit(true);
    return;
  }
}
String doubles = ${quote(textTwinField('d', key))};
if (!has(doc, doubles)) return;
for (value in doc[doubles]) {
  double number = Double.parseDouble(value);
  if (Double.isNaN(number)) continue;
  if (params.from != null) {
    double from = ((Number) params.from).doubleValue();
    if (params.from_included ? number < from : number <= from) continue;
  }
  if (params.to != null) {
    double to = ((Number) params.to).doubleValue();
    if (params.to_included ? number > to : number >= to) continue;
  }
  emit(true);
  return;
}`
}

const HELPERS = `boolean has(Map doc, String name) {
  return doc.containsKey(name) && doc[name].size() > 0;
}
String numberText(double number) {
  if (number == Math.rint(number) && Math.abs(number) < 9007199254740992.0) {
    return String.valueOf((long) number);
  }
  String text = String.valueOf(number);
  int exponent = text.indexOf('E');
  if (exponent < 0) return text;
  int power = Integer.parseInt(text.substring(exponent + 1));
  if (power >= -6 && power < 21) {
    return new BigDecimal(text).stripTrailingZeros().toPlainString();
  }
  String digits = text.substring(0, exponent);
  if (digits.endsWith('.0')) digits = digits.substring(0, digits.length() - 2);
  return digits + 'e' + (power < 0 ? '' : '+') + power;
}`

/** Text in a script. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
