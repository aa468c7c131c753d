import type { FinishReason, ModelEvent, Usage } from '../../response/modelEvent.ts'

type Ending = FinishReason | 'abort'

/** The providers' names for it, in lower case; names before the bar add no information. */
const ENDINGS: Record<Ending, string> = {
  stop: 'stop end_turn complete completed eos end | stop_sequence eos_token',
  length:
    'length max_tokens max_output_tokens | model_length max_length model_context_window_exceeded token_limit',
  'content-filter':
    'content_filter refusal | content_filtered safety sensitive recitation blocklist prohibited_content spii ' +
    'image_safety image_prohibited_content image_recitation model_armor guardrail_intervened error_toxic',
  'tool-calls': 'tool_calls tool_call tool_use function_call',
  error:
    'error failed network_error insufficient_system_resource malformed_function_call malformed_response ' +
    'unexpected_tool_call too_many_tool_calls missing_thought_signature',
  abort: 'abort aborted cancelled canceled user_cancel',
  other: 'other unknown',
}

const BY_WORD = new Map<string, { ending: Ending; plain: boolean }>()
for (const [ending, words] of Object.entries(ENDINGS) as [Ending, string][]) {
  const [plain = '', telling = ''] = words.split(' | ')
  for (const word of plain.split(' ')) BY_WORD.set(word, { ending, plain: true })
  for (const word of telling.split(' ')) BY_WORD.set(word, { ending, plain: false })
}

/** Maps a provider's reason for the end of an answer. `wantsTools`: calls of the answer lack a result. */
export function ending(
  word: string,
  {
    usage,
    wantsTools = false,
    refused = false,
  }: { usage?: Usage; wantsTools?: boolean; refused?: boolean } = {},
): ModelEvent {
  const code = word.toLowerCase().replaceAll('-', '_')
  const { ending: meant, plain } = BY_WORD.get(code) ?? { ending: 'other', plain: false }
  if (meant === 'abort') return { type: 'abort', reason: word }
  if (meant === 'error') {
    return { type: 'error', errorText: `the provider ended the answer with "${word}"`, code }
  }
  let finishReason = meant
  // Some servers have no reason of their own for an answer that ends with calls or a refusal.
  if (refused && meant === 'stop') finishReason = 'content-filter'
  if (wantsTools && (meant === 'stop' || meant === 'other')) finishReason = 'tool-calls'
  return { type: 'finish', finishReason, ...(!plain && { rawFinishReason: word }), ...(usage && { usage }) }
}
