/**
 * An attribute as one value, whatever its types were: scripts in Painless that look into the typed
 * field and the text twin of a row, as values.ts does with columns.
 */
import { attributeField, textTwinField } from '../field-names.ts'

/** Emits the number of a row; values of arrays are none. */
export function numberScript(key: string): string {
  return `${HELPERS}
if (has(doc, ${quote(textTwinField('j', key))})) return;
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

/** Emits the value of a row as text: numbers as JavaScript writes them, JSON as it is. */
export function groupScript(key: string): string {
  const twins = (['j', 's', 'i', 'd', 'b'] as const).map(type => quote(textTwinField(type, key)))
  return `${HELPERS}
for (name in [${twins.join(', ')}]) {
  if (has(doc, name)) { emit(doc[name].value); return; }
}
String field = ${quote(attributeField(key))};
if (!has(doc, field)) return;
def value = doc[field].value;
emit(value instanceof Double ? numberText((double) value) : String.valueOf(value));`
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
  if (power >= -7 && power < 21) return new BigDecimal(text).toPlainString();
  String digits = text.substring(0, exponent);
  if (digits.endsWith('.0')) digits = digits.substring(0, digits.length() - 2);
  return digits + 'e' + (power < 0 ? '' : '+') + power;
}`

/** Text in a script. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
