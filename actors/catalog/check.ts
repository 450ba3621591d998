/**
 * Looks at what is there, within the transaction of a change and before it: what it throws, undoes
 * the change. Nobody else's change comes between the look and the change.
 */
export type Check<Thing> = (now: Thing) => void
