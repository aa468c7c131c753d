import fc from 'fast-check'

/** Random answers of the providers' APIs, as the events that tell them. Some are cut. */
export interface ApiStream {
  readonly events: object[]
  /** The same answer as the API itself tells it, where `events` are a dialect that the SDK does not read. */
  readonly standard: object[]
  /** Sizes of the pieces that the answer's bytes come in. */
  readonly sizes: number[]
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
const pieces = fc.array(words, { minLength: 1, maxLength: 5 })
const input = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })

/** A text in pieces, cut where the numbers say. */
function split(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [...places, text.length].map((to, turn) => text.slice(turn === 0 ? 0 : places[turn - 1], to))
}

const argumentsOf = fc
  .tuple(input, fc.array(fc.nat(40), { maxLength: 4 }))
  .map(([value, cuts]) => ({ value, pieces: split(JSON.stringify(value), cuts) }))

function cut(
  told: fc.Arbitrary<object[] | { events: object[]; standard: object[] }>,
): fc.Arbitrary<ApiStream> {
  const at = fc.oneof({ weight: 2, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(40) })
  return fc.record({ told, at, sizes }).map(({ told, at, sizes }) => {
    const { events, standard } = Array.isArray(told) ? { events: told, standard: told } : told
    const whole = at >= events.length
    // A dialect is cut elsewhere than the standard: that one loses its end as well.
    const kept = standard === events ? at : whole ? Infinity : standard.length - 1
    return { events: events.slice(0, at), standard: standard.slice(0, kept), sizes }
  })
}

/** Lists in one, each in its own order. */
function interleaved<T>(lists: readonly (readonly T[])[], choices: readonly number[]): T[] {
  const left = lists.map((list) => [...list])
  const all: T[] = []
  for (let turn = 0; left.some((list) => list.length > 0); turn++) {
    const open = left.filter((list) => list.length > 0)
    all.push(open[(choices[turn % choices.length] ?? 0) % open.length]!.shift()!)
  }
  return all
}

const choices = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 })

export const chatStream = cut(
  fc
    .record({
      said: fc.option(pieces),
      refused: fc.boolean(),
      calls: fc.array(argumentsOf, { maxLength: 3 }),
      reason: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
      usage: fc.constantFrom('own chunk', 'with the end', 'none'),
      order: choices,
    })
    .map(({ said, refused, calls, reason, usage, order }) => {
      const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'gpt',
        choices: [{ index: 0, delta, finish_reason, logprobs: null }],
        ...more,
      })
      const counts = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }
      const fragments = calls.map(({ pieces }, index) => [
        { index, id: `call-${index}`, type: 'function', function: { name: `tool-${index}`, arguments: '' } },
        ...pieces.map((piece) => ({ index, function: { arguments: piece } })),
      ])
      return [
        chunk({ role: 'assistant', content: refused ? null : '' }),
        ...(said ?? []).map((piece) => chunk(refused ? { refusal: piece } : { content: piece })),
        ...interleaved(fragments, order).map((fragment) => chunk({ tool_calls: [fragment] })),
        chunk({}, reason, usage === 'with the end' ? { usage: counts } : {}),
        ...(usage === 'own chunk' ? [{ ...chunk({}), choices: [], usage: counts }] : []),
      ]
    }),
)

export const messagesStream = cut(
  fc
    .record({
      blocks: fc.array(
        fc.oneof(
          pieces.map((said) => ({ type: 'text' as const, said })),
          pieces.map((said) => ({ type: 'thinking' as const, said })),
          fc.constant({ type: 'redacted_thinking' as const }),
          argumentsOf.map(({ pieces }) => ({ type: 'tool_use' as const, said: pieces })),
        ),
        { maxLength: 5 },
      ),
      reason: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'refusal', 'pause_turn', 'stop_sequence'),
    })
    .map(({ blocks, reason }) => [
      {
        type: 'message_start',
        message: {
          id: 'msg',
          type: 'message',
          role: 'assistant',
          model: 'claude',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 5, output_tokens: 1 },
        },
      },
      ...blocks.flatMap((block, index) => [
        { type: 'content_block_start', index, content_block: opening(block.type, index) },
        { type: 'ping' },
        ...('said' in block ? block.said : []).map((piece) => ({
          type: 'content_block_delta',
          index,
          delta: growth(block.type, piece),
        })),
        ...(block.type === 'thinking'
          ? [
              {
                type: 'content_block_delta',
                index,
                delta: { type: 'signature_delta', signature: `s${index}` },
              },
            ]
          : []),
        { type: 'content_block_stop', index },
      ]),
      {
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: 9 },
      },
      { type: 'message_stop' },
    ]),
)

function opening(type: string, index: number): object {
  if (type === 'text') return { type, text: '' }
  if (type === 'thinking') return { type, thinking: '', signature: '' }
  return type === 'tool_use'
    ? { type, id: `toolu-${index}`, name: `tool-${index}`, input: {} }
    : { type, data: `secret-${index}` }
}

function growth(type: string, piece: string): object {
  if (type === 'text') return { type: 'text_delta', text: piece }
  return type === 'thinking'
    ? { type: 'thinking_delta', thinking: piece }
    : { type: 'input_json_delta', partial_json: piece }
}

/** How much of an item its events tell before the response is over. */
const telling = fc.constantFrom('all', 'no deltas', 'items only', 'nothing')

export const responsesStream = cut(
  fc
    .record({
      items: fc.array(
        fc.record({
          kind: fc.oneof(
            fc
              .array(pieces, { minLength: 1, maxLength: 2 })
              .map((parts) => ({ type: 'message' as const, parts })),
            fc.array(pieces, { maxLength: 2 }).map((parts) => ({ type: 'reasoning' as const, parts })),
            argumentsOf.map(({ pieces }) => ({ type: 'function_call' as const, pieces })),
            pieces.map((pieces) => ({ type: 'custom_tool_call' as const, pieces })),
          ),
        }),
        { maxLength: 4 },
      ),
      tells: telling,
      rotate: fc.boolean(),
      end: fc.constantFrom('completed', 'max_output_tokens', 'content_filter', 'failed'),
    })
    .map(({ items, tells, rotate, end }) => {
      const kinds = items.map(({ kind }) => kind)
      return { events: responses(kinds, tells, rotate, end), standard: responses(kinds, 'all', false, end) }
    }),
)

type Kind =
  | { type: 'message' | 'reasoning'; parts: string[][] }
  | { type: 'function_call' | 'custom_tool_call'; pieces: string[] }

function responses(kinds: Kind[], tells: string, rotate: boolean, end: string): object[] {
  let turn = 0
  let sequence_number = 0
  const idOf = (index: number) => (rotate ? `item-${index}-${turn++}` : `item-${index}`)
  const whole = kinds.map((kind, index) => item(kind, index, idOf(index)))
  const body = {
    id: 'resp',
    object: 'response',
    model: 'gpt',
    tools: [],
    error: null,
    incomplete_details: null,
  }
  const opened = { ...body, status: 'in_progress', output: [] }
  const events: object[] = [{ type: 'response.created', response: opened }]
  for (const [index, kind] of kinds.entries()) {
    if (tells === 'nothing') continue
    const at = () => ({ output_index: index, item_id: idOf(index) })
    if (tells !== 'items only') events.push(...growing(kind, index, at, tells === 'all', idOf))
    events.push({
      type: 'response.output_item.done',
      output_index: index,
      item: { ...whole[index], id: idOf(index) },
    })
  }
  const usage = { input_tokens: 5, output_tokens: 7, total_tokens: 12 }
  if (end === 'completed') {
    events.push({
      type: 'response.completed',
      response: { ...body, status: 'completed', output: whole, usage },
    })
  } else if (end === 'failed') {
    const error = { code: 'server_error', message: 'it failed' }
    events.push({ type: 'response.failed', response: { ...body, status: 'failed', output: whole, error } })
  } else {
    const response = {
      ...body,
      status: 'incomplete',
      output: whole,
      usage,
      incomplete_details: { reason: end },
    }
    events.push({ type: 'response.incomplete', response })
  }
  return events.map((event) => ({ ...event, sequence_number: sequence_number++ }))
}

function item(kind: Kind, index: number, id: string): object {
  const base = { type: kind.type, id, status: 'completed' }
  if (kind.type === 'message') {
    const content = kind.parts.map((part) => ({ type: 'output_text', text: part.join(''), annotations: [] }))
    return { ...base, role: 'assistant', content }
  }
  if (kind.type === 'reasoning') {
    return { ...base, summary: kind.parts.map((part) => ({ type: 'summary_text', text: part.join('') })) }
  }
  const call = { ...base, call_id: `call-${index}`, name: `tool-${index}` }
  const said = (kind as { pieces: string[] }).pieces.join('')
  return kind.type === 'function_call' ? { ...call, arguments: said } : { ...call, input: said }
}

function growing(
  kind: Kind,
  index: number,
  at: () => object,
  deltas: boolean,
  idOf: (index: number) => string,
): object[] {
  const grow = (pieces: string[], delta: object, done: object) => [
    ...(deltas ? pieces.map((piece) => ({ ...delta, ...at(), delta: piece })) : []),
    { ...done, ...at() },
  ]
  if ('pieces' in kind) {
    const whole = kind.pieces.join('')
    const name = kind.type === 'function_call' ? 'function_call_arguments' : 'custom_tool_call_input'
    const empty = item({ ...kind, pieces: [] }, index, idOf(index))
    const done = kind.type === 'function_call' ? { arguments: whole } : { input: whole }
    return [
      { type: 'response.output_item.added', output_index: index, item: empty },
      ...grow(kind.pieces, { type: `response.${name}.delta` }, { type: `response.${name}.done`, ...done }),
    ]
  }
  const opened = item({ ...kind, parts: [] }, index, idOf(index))
  const [name, part, place] =
    kind.type === 'message'
      ? ['output_text', 'content_part', 'content_index']
      : ['reasoning_summary_text', 'reasoning_summary_part', 'summary_index']
  const typeOf = kind.type === 'message' ? 'output_text' : 'summary_text'
  return [
    { type: 'response.output_item.added', output_index: index, item: opened },
    ...kind.parts.flatMap((pieces, nth) => {
      const text = pieces.join('')
      const where = { [place]: nth }
      const empty = { type: typeOf, text: '', ...(kind.type === 'message' && { annotations: [] }) }
      return [
        { type: `response.${part}.added`, ...at(), ...where, part: empty },
        ...grow(
          pieces,
          { type: `response.${name}.delta`, ...where },
          { type: `response.${name}.done`, ...where, text },
        ),
        { type: `response.${part}.done`, ...at(), ...where, part: { ...empty, text } },
      ]
    }),
  ]
}
