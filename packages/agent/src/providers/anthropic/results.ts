import type { ModelEvent } from '../../response/modelEvent.ts'
import { isFields, textIn, type Fields } from '../common/intake.ts'

/**
 * Results of tools that Anthropic runs. Readers get the readable content; the whole result, for the next call, is the
 * part's metadata.
 */
export function* toolResult(block: Fields): Generator<ModelEvent> {
  const toolCallId = textIn(block['tool_use_id']) ?? ''
  const { content = null, is_error: isError } = block
  const fields: Fields = isFields(content) ? content : {}
  if (isError === true || textIn(fields['type'])?.endsWith('_error')) {
    const errorText = textIn(fields['error_code']) ?? textIn(content) ?? JSON.stringify(content)
    yield { type: 'tool-output-error', toolCallId, errorText }
  } else {
    const output = readable(content)
    yield { type: 'tool-output-available', toolCallId, output }
    if (JSON.stringify(output) === JSON.stringify(content)) return
  }
  yield {
    type: 'part-metadata',
    part: 'tool-result',
    id: toolCallId,
    providerMetadata: { anthropic: { type: block['type'], content } },
  }
}

/** The result without data that only Anthropic can read, and without whole documents. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable)
  if (!isFields(value)) return value
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('encrypted_') && key !== 'source')
  return Object.fromEntries(kept.map(([key, inner]) => [key, readable(inner)]))
}
