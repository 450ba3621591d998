/** Real time passes. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Looks until it is so; false = the time is up. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  msMax: number,
): Promise<boolean> {
  const deadline = performance.now() + msMax
  while (!(await isSo())) {
    if (performance.now() > deadline) return false
    await pause(LOOK_MS)
  }
  return true
}

const LOOK_MS = 10
