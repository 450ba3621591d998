/** Every maximum of the product in one place, each with its reason. */

/**
 * A batch always fits one Kafka record (1 MB by default) unchanged, envelope and frame included.
 */
export const BATCH_BYTES_MAX = 768 * 1024
/**
 * A message with a batch, on the stream or as the body of `POST /ingest/batch`. A third more than a
 * batch may have, so that one which is a little too large is rejected with its reason; a message
 * beyond it breaks the connection. That much may be read ahead of every stream, so not more.
 */
export const BATCH_MESSAGE_BYTES_MAX = 1024 * 1024
/** Row numbers of a batch fit 16 bits, and one batch is one short task for a worker. */
export const BATCH_RECORDS_MAX = 8_192
/**
 * Deltas stay exact as JavaScript numbers: 2^53 - 1 ns is 104 days. A wider batch is sealed early.
 */
export const TIME_DELTA_NS_MAX = Number.MAX_SAFE_INTEGER
/**
 * Event times further ahead than this become the receive time: clocks are wrong, not the future.
 */
export const TIME_AHEAD_US_MAX = 3_600 * 1_000_000

/** One message may fill a third of a batch; longer ones are cut by no one, they are refused. */
export const MESSAGE_BYTES_MAX = 256 * 1024
/** Names and short words: service, host, file, level text. */
export const NAME_BYTES_MAX = 1_024
/** Attributes per record and distinct columns per batch; beyond it a record is not a log. */
export const ATTRIBUTES_MAX = 512
export const ATTRIBUTE_KEY_BYTES_MAX = 256
export const ATTRIBUTE_VALUE_BYTES_MAX = 64 * 1024
/** Above this many characters a value answers only `field:*` (Elasticsearch's ignore_above). */
export const ATTRIBUTE_SEARCH_CHARS_MAX = 8_191
/** Objects nested deeper are refused before they are walked. */
export const JSON_DEPTH_MAX = 64

/** JSON Schema of a project's records, as text: it is compiled in each worker thread. */
export const RECORD_SCHEMA_CHARS_MAX = 64 * 1024

/** An HTTP body after inflation; inflating stops one chunk later. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024
/** Rejected records that an answer names; the rest are counted. */
export const REJECTED_TOLD_MAX = 100

/** Ids: producer 63 bits, epoch 16, sequence 40, row 16. */
export const EPOCH_MAX = 0xffff
export const SEQUENCE_MAX = 2 ** 40 - 1
export const ROW_MAX = 0xffff
/** Schema numbers that this version reads; it writes the highest. */
export const SCHEMA_HIGHEST = 1

/** A producer that was silent this long is forgotten. */
export const PRODUCER_IDLE_MS = 7 * 24 * 3_600_000
/** An SDK whose last acknowledgement is older opens a new epoch by itself, a day before that. */
export const PRODUCER_FRESH_MS = 6 * 24 * 3_600_000
/** Answers to an Idempotency-Key are kept this long. */
export const IDEMPOTENCY_KEEP_MS = 24 * 3_600_000
export const IDEMPOTENCY_KEYS_MAX = 100_000
/** Producers remembered per project (20 MB): beyond it the longest idle one is forgotten early … */
export const PRODUCERS_MAX = 100_000
/** … but none that was silent for less than this; rather a new one is refused. */
export const PRODUCER_REMEMBERED_MS = 3_600_000

/** Search: rows of one page, and how deep an offset may reach (a cursor reaches everything). */
export const SEARCH_LIMIT_DEFAULT = 100
export const SEARCH_LIMIT_MAX = 10_000
export const SEARCH_OFFSET_MAX = 10_000
/** Rows on either side of one that its context shows. */
export const CONTEXT_ROWS_DEFAULT = 20
export const CONTEXT_ROWS_MAX = 1_000
/** Fields of one call for facets: each is a pass over the rows that match. */
export const FACET_FIELDS_MAX = 10
export const FACET_VALUES_DEFAULT = 10
export const FACET_VALUES_MAX = 100
/** Patterns of one answer, each with bars and examples. */
export const PATTERNS_DEFAULT = 50
export const PATTERNS_MAX = 500
/** Newest rows that tell which fields there are; they are read on the main thread. */
export const FIELD_SAMPLE_DEFAULT = 1_000
export const FIELD_SAMPLE_MAX = 2_000
/** Rows of one export; the next one goes on behind the last. */
export const EXPORT_ROWS_MAX = 1_000_000
/** A row group of an export as Parquet ends with the page that fills either: both are in memory. */
export const EXPORT_GROUP_ROWS = 16_384
export const EXPORT_GROUP_BYTES = 8 * 1024 * 1024
/** Longer ones are made by programs, and their lists of values belong into `services` or a field. */
export const QUERY_CHARS_MAX = 8_192
/** Conditions of a query: each is a pass over a column, or some clauses of Elasticsearch. */
export const QUERY_TERMS_MAX = 256
/**
 * Groups and negations inside each other: back ends walk the tree by recursion, and Elasticsearch
 * takes 30 clauses inside each other, of which a group may need two and a condition four.
 */
export const QUERY_DEPTH_MAX = 12
/** Stars of one wildcard; the work for a text grows with them. */
export const WILDCARD_STARS_MAX = 16
/** Characters of a regular expression once repeats are written out: `(a{99}){99}` has 9,801. */
export const REGEX_SIZE_MAX = 1_000
/** Groups inside each other. */
export const REGEX_DEPTH_MAX = 32

/** Stages behind the bars of a query: more of them mean nothing that fewer do not. */
export const ANALYSIS_STAGES_MAX = 8
/** Fields to group by; each is a part of every key. */
export const ANALYSIS_KEYS_MAX = 8
/** Columns that one analysis computes or a projection shows. */
export const ANALYSIS_COLUMNS_MAX = 32
/**
 * Groups, or different values of `uniq`, that are held while an analysis runs: so many short keys
 * take about 20 MB, and Elasticsearch hands them out in ten pages. Beyond it the query is refused.
 */
export const ANALYSIS_GROUPS_MAX = 100_000
/**
 * Memory of all queries of a project that run at once, against that of one (LOGBOY_QUERY_MEMORY):
 * a second dear one has room beside the first, eight have not.
 */
export const QUERY_MEMORY_PER_PROJECT = 2
/**
 * Different numbers of a field whose quantiles Elasticsearch is asked for in many groups: it holds
 * them all, some 80 bytes each, because its own percentiles are guesses.
 */
export const ELASTIC_QUANTILE_NUMBERS_MAX = 1_000_000
/** Rows of the table that is answered; it is cut there, and says so. */
export const ANALYSIS_ROWS_MAX = 10_000

/** Alert rules of a project: each looks at every batch. */
export const ALERT_RULES_MAX = 2_000

/** Channels of a project: each firing may be told to all of them. */
export const ALERT_CHANNELS_MAX = 50

/** Silences of a project that have not ended: each is asked about every alert that is told. */
export const SILENCES_MAX = 200
/** Ended ones that a list goes back to. */
export const SILENCES_ENDED_LISTED_MAX = 500
export const SILENCE_MATCHERS_MAX = 20
/** Characters of a label, and of a value or an expression. */
export const SILENCE_LABEL_CHARS_MAX = 100
export const SILENCE_VALUE_CHARS_MAX = 1_000
/** Who needs longer changes the rule. */
export const SILENCE_DAYS_MAX = 400

/** Rows in one tail frame and bytes waiting for one slow socket; more are dropped and counted. */
export const TAIL_FRAME_ROWS_MAX = 500
export const TAIL_SOCKET_BYTES_MAX = 1024 * 1024
