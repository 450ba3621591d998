/**
 * Where rows of a project lie. To a store, logs and metrics of a project are two projects: what
 * keeps tenants apart keeps metrics out of every search, count, summary and aggregate of logs, and
 * logs out of those of metrics. Admission, quota and order are the project's, over both.
 */
import { BatchKind, type Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

/** No id of a project has a dot. */
const METRICS_SUFFIX = '.metrics'

/** Under which id a store keeps the rows of a batch. */
export function streamOf({ projectId, kind }: Pick<Envelope, 'projectId' | 'kind'>): string {
  return kind === BatchKind.METRICS ? metricsOf(projectId) : projectId
}

/** Under which id a store keeps the metrics of a project; its logs are under its own. */
export function metricsOf(projectId: string): string {
  return projectId + METRICS_SUFFIX
}

/** Under which ids a store keeps all that a project has. */
export function streamsOf(projectId: string): readonly string[] {
  return [projectId, metricsOf(projectId)]
}

export function isMetrics(stream: string): boolean {
  return stream.endsWith(METRICS_SUFFIX)
}

/** Whose rows are kept under an id. */
export function projectOf(stream: string): string {
  return isMetrics(stream) ? stream.slice(0, -METRICS_SUFFIX.length) : stream
}
