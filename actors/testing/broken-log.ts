/** A commit log that makes its user fail when told to, before or after doing what was asked. */
import type { CommitLog, Offer } from '#actors/commit-log/commit-log.ts'

export type LogBreak = 'before-append' | 'after-append' | 'producer' | 'end'

/** Thrown into an actor on purpose. */
export class PlannedFailure extends Error {}

/** Which break is due; one of each user at a time. */
export class LogBreaks {
  readonly #due = new Set<LogBreak>()

  /** The next use of that kind throws. */
  arm(at: LogBreak): void {
    this.#due.add(at)
  }

  disarm(): void {
    this.#due.clear()
  }

  throwAt(at: LogBreak): void {
    if (this.#due.delete(at)) throw new PlannedFailure(`planned failure ${at}`)
  }
}

export function breakableLog(
  log: CommitLog,
  breaks: LogBreaks,
  user: 'project' | 'tail',
): CommitLog {
  return {
    append(offer: Offer) {
      breaks.throwAt('before-append')
      const outcome = log.append(offer)
      breaks.throwAt('after-append')
      return outcome
    },
    producer(projectId, producer) {
      breaks.throwAt('producer')
      return log.producer(projectId, producer)
    },
    end(projectId) {
      if (user === 'tail') breaks.throwAt('end')
      return log.end(projectId)
    },
    isAway: log.isAway,
    answered: (projectId, producer) => log.answered(projectId, producer),
    consume: consumer => log.consume(consumer),
    read: (projectId, from, receive) => log.read(projectId, from, receive),
    follow: follower => log.follow(follower),
    start: projectId => log.start(projectId),
    ends: () => log.ends(),
    partitionsOf: projectId => log.partitionsOf(projectId),
    refusal: () => log.refusal(),
    observe: () => log.observe(),
    close: () => log.close(),
  }
}
