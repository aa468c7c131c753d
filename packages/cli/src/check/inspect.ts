import type { Finding } from './finding.ts'
import { closes } from './rules/closes.ts'
import { ends } from './rules/ends.ts'
import { headers } from './rules/headers.ts'
import { parts } from './rules/parts.ts'
import { presence } from './rules/presence.ts'
import { prompts } from './rules/prompts.ts'
import type { Rule } from './rules/rule.ts'
import { stamps } from './rules/stamps.ts'
import { texts } from './rules/texts.ts'
import { tools } from './rules/tools.ts'
import { responsesOf, type Transcript } from './transcript.ts'

const rules: readonly Rule[] = [headers, parts, stamps, closes, texts, tools, ends, presence]

/** Every deviation from PROTOCOL.md in a transcript. */
export function inspect(transcript: Transcript): Finding[] {
  const responses = responsesOf(transcript)
  const found = responses.flatMap((response) => rules.flatMap((rule) => rule(response, transcript)))
  return [...found, ...prompts(responses, transcript)]
}
