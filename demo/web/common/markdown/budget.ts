/** Model text is hostile. Beyond any of these, text shows as it was written instead of rendered. */
export const budget = {
  /** Characters of an answer. */
  text: 200_000,
  /** Paragraphs, lists and tables of an answer. */
  blocks: 4000,
  /** Characters of one paragraph, list or table. */
  block: 50_000,
  /** Characters of one paragraph or cell. */
  inline: 10_000,
  /** Characters of a growing last paragraph; in longer ones, open marks are not closed. */
  tail: 4000,
  /** Characters of a formula. */
  formula: 2000,
  /** Quotes, lists and links inside each other. */
  depth: 40,
  /** Items of a list that are laid out as one. */
  items: 12,
  /** Lines of code that are laid out as one. */
  lines: 24,
  /** Characters of code with colours. */
  code: 20_000,
} as const
