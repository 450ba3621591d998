/** Frames leave at once after a silence, else this far apart: the eye sees no difference. */
const INTERVAL_MS_MIN = 25
/** A frame costs a system call: where more than this would leave, they leave further apart. */
const FRAMES_PER_MS = 20

export function frameIntervalMs(sockets: number): number {
  return Math.max(INTERVAL_MS_MIN, sockets / FRAMES_PER_MS)
}
