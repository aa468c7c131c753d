/** Which of a channel's messages some lines were made of. */
export class Span {
  oldest = '~'
  newest = ''
  /** When the newest was published, in milliseconds since the epoch; 0: there are none. */
  until = 0

  add(oldest: string | undefined, newest: string | undefined, time: number): void {
    if (oldest !== undefined && oldest < this.oldest) this.oldest = oldest
    if (newest !== undefined && newest > this.newest) this.newest = newest
    if (time > this.until) this.until = time
  }
}
