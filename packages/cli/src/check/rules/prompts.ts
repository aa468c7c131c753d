import { Header, MessageName } from '@rejoin/core/protocol'
import { textOf } from '../../wire/operation.ts'
import type { Finding } from '../finding.ts'
import type { Spoken, Transcript } from '../transcript.ts'

/** Whether each prompt that the check sent is answered, once, by a response that names it. */
export function prompts(responses: readonly Spoken[], { prompts: sent, complete }: Transcript): Finding[] {
  const named = (promptId: string) =>
    responses.filter(({ operations }) =>
      operations.some(({ headers }) => textOf(headers, Header.PromptId) === promptId),
    )
  return sent.flatMap((promptId): Finding[] => {
    const answers = named(promptId).filter(
      ({ operations }) => !operations.some(({ name }) => name === MessageName.Retract),
    )
    if (answers.length === 1 || !complete) return []
    const message = `prompt ${promptId}`
    if (answers.length > 1)
      return [
        {
          section: '2.5',
          severity: 'error',
          message,
          expected: 'one answer',
          got: `${answers.length}: responses ${answers.map((one) => one.responseId).join(', ')}`,
          cause: 'the prompt came twice under the same promptId; remember which ones were answered',
        },
      ]
    const nameless = responses.find(({ operations }) =>
      operations.every(({ headers }) => headers[Header.PromptId] === undefined),
    )
    if (!nameless) return [{ section: '2', severity: 'error', message, expected: 'an answer', got: 'none' }]
    return [
      {
        section: '3',
        severity: nameless.strict ? 'error' : 'warning',
        responseId: nameless.responseId,
        message: 'every message',
        expected: `header promptId: ${promptId}`,
        got: 'no such header',
        cause: 'readers cannot tell which prompt the response answers',
      },
    ]
  })
}
