/**
 * Quantiles as Elasticsearch makes them where cells are no way: the different numbers of a group
 * with how many rows have each, in order, and what stands between those around (n - 1) × q, as
 * analysis/quantile.ts has it. Its own percentiles are guesses beyond a few thousand numbers. What
 * crosses shards are lists: keys of maps would have to be texts.
 */
export function scriptedQuantiles(
  field: string,
  shares: readonly number[],
): Readonly<Record<string, unknown>> {
  return {
    params: { field, shares },
    init_script: 'state.counts = new HashMap();',
    map_script: `if (doc[params.field].size() > 0) {
  double number = doc[params.field].value;
  state.counts.put(number, state.counts.getOrDefault(number, 0L) + 1L);
}`,
    combine_script: `List numbers = new ArrayList();
List counts = new ArrayList();
for (entry in state.counts.entrySet()) {
  numbers.add(entry.getKey());
  counts.add(entry.getValue());
}
return [numbers, counts];`,
    reduce_script: `TreeMap counts = new TreeMap();
long size = 0;
for (part in states) {
  if (part == null) continue;
  for (int i = 0; i < part[0].size(); i++) {
    long count = ((Number) part[1][i]).longValue();
    counts.put(part[0][i], counts.getOrDefault(part[0][i], 0L) + count);
    size += count;
  }
}
List answers = new ArrayList();
for (share in params.shares) {
  if (size == 0) { answers.add(null); continue; }
  double place = (size - 1) * ((Number) share).doubleValue();
  long below = (long) Math.floor(place);
  double low = 0;
  double high = 0;
  long seen = 0;
  for (entry in counts.entrySet()) {
    long before = seen;
    seen += ((Number) entry.getValue()).longValue();
    if (before <= below && below < seen) { low = entry.getKey(); high = low; }
    if (before <= below + 1 && below + 1 < seen) { high = entry.getKey(); break; }
  }
  answers.add(low + (high - low) * (place - below));
}
return answers;`,
  }
}
