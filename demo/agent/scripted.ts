/**
 * Answers written by hand, in the shapes of a real API's events (OpenAI Responses): for clones without the
 * recordings, and for what no recording shows.
 */
export interface Script {
  prompt: string
  reasoning?: string
  text: string
}

export const scripts: readonly Script[] = [
  {
    prompt: 'How does this page survive a refresh?',
    reasoning:
      '**Where the answer lives**\n\nThe page asks what happens to a stream when its reader goes away. I should say where the text is kept, who puts it together, and what a reader does when it comes back.',
    text: `An answer lives on a **channel**, not in your browser's connection. The agent publishes it there piece by piece, and anyone who comes later, or comes back, reads it from the start.

When this page opens, it does four things:

1. It attaches to the conversation's channel, so that nothing new can be missed.
2. It loads what is finished from the database.
3. It reads the channel's past for what is still being written.
4. It merges all three by *version*, so that no text is doubled and none is lost.

Every piece says how far the text has come. A reader that sees \`end: 120\` after it has shown 100 characters, and receives only 12, knows that **8 are missing**, and where:

\`\`\`ts
const response = useResponse(id)

response.text    // what is known
response.hasGap  // true while something is missing
response.gaps    // [{ from: 100, to: 100, missing: 8 }]
\`\`\`

When a publish was refused, the agent notices and sends the full text again; the hole closes where it was, and nothing that you have already read moves.

| What happens | What you see |
|---|---|
| Refresh | the whole answer so far, at once |
| Second tab | the same answer, live |
| Publish lost | a mark, then the missing text |
| Offline | "reconnecting", then the rest |

Try it: press **Drop the next message** while this is being written. 🙂`,
  },
  {
    prompt: 'Tell me a long story about a lighthouse',
    reasoning:
      '**A story with a shape**\n\nA keeper, a light, a message that arrives in pieces. Keep it calm.',
    text: `## The keeper of Skerry Light

Marit had kept the light on Skerry for nineteen winters when the letters began to arrive in pieces.

The first came with the herring boat: half a page, torn at a slant, that said only *"…and when you see it, answer with two short and one long."* There was no name on it. She laid it in the tin above the stove and forgot it until spring.

The second came in April, inside a bottle that had been at sea for years. It fitted the first along the tear, as a key fits. *"To whoever keeps the light,"* it began, *"we have lost count of the nights."*

She put the two together on the table and read the gap between them. It was not wide. Perhaps ten words were missing, perhaps twelve. She knew exactly where they belonged, and nothing of what they said.

> A hole that you can see the edges of, her father used to say, is already half mended.

So she did what a keeper does. She lit the lamp, and waited for the rest.

It took the whole summer. Pieces came out of order: a corner in a gull's nest, a line copied by a priest two islands away, the same sentence three times over in three hands. She kept each one, and laid it where its edges matched, and threw away what she already had. Once a storm took her roof and a week of letters with it. She wrote to the priest, and he sent them all again.

In September the last piece came, and it was the whole letter, written out fresh by somebody careful. She read it through and found that she had guessed nothing wrong, because she had never guessed. She had only left the holes open.

That night she went up to the lamp room and answered. Two short. One long.

Far out, where the charts show nothing but depth, a light replied.`,
  },
  {
    prompt: 'Try to attack this page',
    text: `Here is everything a hostile model might try. None of it should do anything.

<script>globalThis.attacked = 'script'</script>

<img src="x" onerror="globalThis.attacked = 'image'">

<svg onload="globalThis.attacked = 'svg'"><animate onbegin="globalThis.attacked = 'animate'" attributeName="x"></svg>

<iframe srcdoc="<script>parent.attacked = 'frame'</script>"></iframe>

<a href="javascript:globalThis.attacked = 'raw link'">a raw link</a>

[a link](javascript:globalThis.attacked='link') and [another](JaVaScRiPt:globalThis.attacked='case') and
[one with a line](java\nscript:globalThis.attacked='newline') and [data](data:text/html,<script>1</script>)

![a picture](https://example.com/tracker.png?who=you)

<style>body { display: none }</style>
<form action="https://example.com"><button>Send</button></form>
<math><mtext><table><mglyph><style><img src=x onerror="globalThis.attacked = 'mutation'"></style></mglyph></table></mtext></math>

\`\`\`html
<script>globalThis.attacked = 'code'</script>
\`\`\`

| a | b |
|---|---|
| <b onmouseover="globalThis.attacked = 'cell'">cell</b> | \uE0F0g0\uE0F1 |

[a real link](https://example.com/page) still works.`,
  },
]

/** The text in pieces as a model's tokens would cut it: words with the space before them, long ones in two. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[^\s]{1,9}|\s+$/gu) ?? []
}

/** Events as the OpenAI Responses API streams them; `response.completed` holds the whole output, as the real one does. */
export function scriptedEvents(script: Script): unknown[] {
  const events: unknown[] = []
  const output: unknown[] = []
  const add = (type: string, fields: object) =>
    events.push({ type, sequence_number: events.length, ...fields })
  const response = {
    id: 'resp_scripted',
    object: 'response',
    model: 'scripted',
    status: 'in_progress',
    output,
  }

  add('response.created', { response: { ...response, output: [] } })
  add('response.in_progress', { response: { ...response, output: [] } })
  if (script.reasoning !== undefined) {
    const at = { output_index: output.length, item_id: 'rs_scripted' }
    const part = { type: 'summary_text', text: script.reasoning }
    const item = { id: at.item_id, type: 'reasoning', summary: [part] }
    add('response.output_item.added', { output_index: at.output_index, item: { ...item, summary: [] } })
    add('response.reasoning_summary_part.added', { ...at, summary_index: 0, part: { ...part, text: '' } })
    for (const delta of tokensOf(script.reasoning))
      add('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta })
    add('response.reasoning_summary_text.done', { ...at, summary_index: 0, text: script.reasoning })
    add('response.reasoning_summary_part.done', { ...at, summary_index: 0, part })
    add('response.output_item.done', { output_index: at.output_index, item })
    output.push(item)
  }
  const at = { output_index: output.length, item_id: 'msg_scripted', content_index: 0 }
  const part = { type: 'output_text', text: script.text, annotations: [], logprobs: [] }
  const item = { id: at.item_id, type: 'message', role: 'assistant', status: 'completed', content: [part] }
  add('response.output_item.added', {
    output_index: at.output_index,
    item: { ...item, status: 'in_progress', content: [] },
  })
  add('response.content_part.added', { ...at, part: { ...part, text: '' } })
  for (const delta of tokensOf(script.text)) add('response.output_text.delta', { ...at, delta, logprobs: [] })
  add('response.output_text.done', { ...at, text: script.text, logprobs: [] })
  add('response.content_part.done', { ...at, part })
  add('response.output_item.done', { output_index: at.output_index, item })
  output.push(item)
  add('response.completed', { response: { ...response, status: 'completed', output } })
  return events
}
