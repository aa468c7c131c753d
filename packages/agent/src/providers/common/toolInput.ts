import type { ModelEvent } from '../../response/modelEvent.ts'

/** The end of a tool call's arguments; an empty text means no arguments. */
export function toolInput(toolCallId: string, toolName: string, json: string): ModelEvent {
  try {
    return {
      type: 'tool-input-available',
      toolCallId,
      toolName,
      input: json.trim() === '' ? {} : JSON.parse(json),
    }
  } catch (error) {
    const errorText = `the model's arguments are no JSON: ${(error as Error).message}`
    return { type: 'tool-input-error', toolCallId, toolName, input: json, errorText }
  }
}

/** Escapes a fragment of plain text for use inside a JSON string. */
export function insideString(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
