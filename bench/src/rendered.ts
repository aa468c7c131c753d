/** How often the list and the rows have rendered. */
export interface Renders {
  list: number
  rows: number
}
