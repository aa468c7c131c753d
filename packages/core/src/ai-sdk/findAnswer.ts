import type { Session } from '../session/session.ts'

/**
 * Resolves to the id of the response that answers a prompt: the first that names it or, if agents name no prompts, the
 * first that begins after it. `known`: earlier entries. Resolves to undefined when `over` aborts.
 */
export function findAnswer(
  session: Session,
  promptId: string | undefined,
  known: ReadonlySet<string>,
  over: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      const responses = session
        .getSnapshot()
        .messages.flatMap(({ id, role }) =>
          role === 'assistant' && !known.has(id) ? (session.getResponse(id) ?? []) : [],
        )
      const answer =
        responses.find((r) => promptId !== undefined && r.promptId === promptId) ??
        responses.find((r) => r.promptId === undefined)
      if (answer) settle(answer.id)
    }
    const stop = session.subscribe(look)
    const settle = (id: string | undefined): void => {
      stop()
      over.removeEventListener('abort', onOver)
      resolve(id)
    }
    const onOver = (): void => settle(undefined)
    over.addEventListener('abort', onOver)
    look()
  })
}
