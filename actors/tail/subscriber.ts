/** A live tail's socket as the tail sees it; the door of api/ plugs its WebSocket in. */
export interface Subscriber {
  /**
   * Hands one frame to the socket; answers the bytes that now wait in it. `utf8` = the same, where
   * it is encoded already.
   */
  send(frameText: string, utf8?: Uint8Array): number
  /** Bytes that still wait in the socket; asked while it is too full to send more. */
  waitingBytes(): number
  /** Ends the socket from our side. The door then says `unsubscribe`, as after any other end. */
  close(reason: string): void
}
