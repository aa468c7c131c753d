/** A deviation from PROTOCOL.md. */
export interface Finding {
  /** Section of PROTOCOL.md: `4.1`. */
  readonly section: string
  /** `warning`: readers manage, at a price. */
  readonly severity: 'error' | 'warning'
  readonly responseId?: string | undefined
  /** The operation in question: `append 2 of "response" (part 0), "is a rope"`. */
  readonly message: string
  readonly expected: string
  readonly got: string
  /** The likely cause in the agent, and how to fix it. */
  readonly cause?: string | undefined
}

/** A text as a report shows it: on one line, and not too long. */
export function quoted(text: string, most = 40): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most - 1)}…` : text)
}
