/** Something that shows in an element which a front end owns. */
export interface View<T> {
  /** Shows a value. Only what changed is touched. */
  update(value: T): void
  dispose(): void
}
