/** How much disk all spools of one logger may take together. */
export class SpoolRoom {
  readonly bytesMax: number
  used = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Whether so much more may be written. */
  has(bytes: number): boolean {
    return this.used + bytes <= this.bytesMax
  }

  take(bytes: number): void {
    this.used += bytes
  }

  give(bytes: number): void {
    this.used -= bytes
  }
}
