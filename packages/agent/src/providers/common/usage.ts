import type { Usage } from '../../response/modelEvent.ts'
import { isFields, numberIn, type Fields } from './intake.ts'

/** Token counts under a provider's names. */
export interface Counts {
  /** All input tokens, including cached ones. */
  input?: number | undefined
  cacheRead?: number | undefined
  cacheWrite?: number | undefined
  output?: number | undefined
  reasoning?: number | undefined
  total?: number | undefined
}

/** Undefined if there are no counts. */
export function usageOf(counts: Counts): Usage | undefined {
  const { input, cacheRead, cacheWrite, output, reasoning } = counts
  const total = counts.total ?? (input !== undefined && output !== undefined ? input + output : undefined)
  const usage: Usage = {
    ...given('inputTokens', input),
    ...(cacheRead !== undefined || cacheWrite !== undefined
      ? {
          inputTokenDetails: {
            ...given('noCacheTokens', rest(input, cacheRead, cacheWrite)),
            ...given('cacheReadTokens', cacheRead),
            ...given('cacheWriteTokens', cacheWrite),
          },
        }
      : {}),
    ...given('outputTokens', output),
    ...(reasoning !== undefined && {
      outputTokenDetails: { ...given('textTokens', rest(output, reasoning)), reasoningTokens: reasoning },
    }),
    ...given('totalTokens', total),
  }
  return Object.keys(usage).length > 0 ? usage : undefined
}

/** The usage of OpenAI's APIs and compatible ones. */
export function openAIUsage(usage: unknown): Usage | undefined {
  if (!isFields(usage)) return undefined
  const input = fieldsOf(usage, 'prompt_tokens_details', 'input_tokens_details', 'promptTokensDetails')
  const output = fieldsOf(usage, 'completion_tokens_details', 'output_tokens_details')
  return usageOf({
    input: count(usage, 'prompt_tokens', 'input_tokens', 'promptTokens'),
    cacheRead: count(input, 'cached_tokens', 'cachedTokens') ?? count(usage, 'prompt_cache_hit_tokens'),
    output: count(usage, 'completion_tokens', 'output_tokens', 'completionTokens'),
    reasoning: count(output, 'reasoning_tokens'),
    total: count(usage, 'total_tokens', 'totalTokens'),
  })
}

export function count(fields: Fields, ...names: string[]): number | undefined {
  return numberIn(names.map((name) => fields[name]).find((value) => numberIn(value) !== undefined))
}

function fieldsOf(fields: Fields, ...names: string[]): Fields {
  return names.map((name) => fields[name]).find(isFields) ?? {}
}

function given(name: string, value: number | undefined): object {
  return value === undefined ? {} : { [name]: value }
}

function rest(all: number | undefined, ...some: (number | undefined)[]): number | undefined {
  return all === undefined
    ? undefined
    : Math.max(
        0,
        some.reduce<number>((sum, n) => sum - (n ?? 0), all),
      )
}
