import fc from 'fast-check'

const fragment = fc.record({
  text: fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }),
  refused: fc.boolean(),
  merged: fc.boolean(),
  full: fc.nat(9).map((n) => n === 0),
})

/** A piece of text, and what becomes of it on its way. */
export type Fragment = typeof fragment extends fc.Arbitrary<infer F> ? F : never

const fragments = fc.array(fragment, { maxLength: 9 })

/** After how many of its operations an agent of PROTOCOL.md takes a part back. */
const retracted = fc.option(fc.nat(9), { nil: undefined, freq: 9 })

const part = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('text' as const), fragments, retracted }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reasoning' as const), fragments, retracted }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('input' as const), fragments, retracted }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tool' as const), fails: fc.boolean(), retracted }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('source' as const), retracted }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('data' as const), again: fc.boolean(), retracted }) },
)

export type PartScript = typeof part extends fc.Arbitrary<infer P> ? P : never

const statuses = fc.constantFrom('queued' as const, 'ignored' as const, 'steered' as const, 'failed' as const)

/** What a prompt declares of its place (PROTOCOL.md §2.6); a number chooses the response, or its prompt. */
const link = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 5,
    arbitrary: fc.record({
      how: fc.constantFrom(
        'parent' as const,
        'child' as const,
        'root' as const,
        'replaces' as const,
        'replaces' as const,
        'regenerate' as const,
      ),
      of: fc.nat(5),
    }),
  },
)

const prompt = fc.record({
  link,
  /** Files, data and metadata beside its text. */
  rich: fc.boolean(),
  /** Its text comes in pieces. */
  long: fc.nat(3).map((n) => n === 0),
  /** The response answers the prompt of this one, if that has any. */
  shares: fc.option(fc.nat(5), { nil: undefined, freq: 7 }),
  /** The agent is told of it elsewhere: after which step of its answer the prompt is on the channel. */
  early: fc.option(fc.nat(12), { nil: undefined, freq: 3 }),
  /** What its agent says of it, and after which step. */
  hints: fc.array(fc.record({ after: fc.nat(12), status: statuses }), { maxLength: 2 }),
})

export type PromptScript = typeof prompt extends fc.Arbitrary<infer P> ? P : never

/** One response: who writes it and how. */
export const script = fc.record({
  pattern: fc.constantFrom('token' as const, 'message' as const),
  /**
   * - `ours`: all of PROTOCOL.md;
   * - `stamped`: stamps and no more;
   * - `plain`: the documented patterns;
   * - `older`: ours, until an agent that knows nothing of it goes on;
   * - `wrong`: stamps that count something else.
   */
  manner: fc.constantFrom('ours', 'ours', 'ours', 'stamped', 'plain', 'plain', 'older', 'wrong'),
  /** Without `responseId`, where the pattern allows. */
  anonymous: fc.nat(7).map((n) => n === 0),
  prompt: fc.option(prompt, { nil: undefined, freq: 3 }),
  /** After which step the prompt is published again, with the same id. */
  promptAgain: fc.option(fc.nat(30), { nil: undefined, freq: 3 }),
  /** After which step the agent is gone for good. */
  dies: fc.option(fc.nat(30), { nil: undefined, freq: 3 }),
  /**
   * Another process goes on after a while, from all that was written, from what the channel has of it, or from less;
   * or it ends the response, or takes it back.
   */
  successor: fc.option(
    fc.record({
      after: fc.nat(6),
      how: fc.constantFrom(
        'all' as const,
        'channel' as const,
        'less' as const,
        'ends' as const,
        'withdraws' as const,
      ),
    }),
    { nil: undefined, freq: 2 },
  ),
  /** How it ends, where it says so. */
  status: fc.constantFrom(
    'complete' as const,
    'complete' as const,
    'complete' as const,
    'stopped' as const,
    'error' as const,
  ),
  /** An agent that does not say `start` or `stop`, `response-end`. */
  marked: fc.nat(3).map((n) => n > 0),
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
  /** When a moderator edits or deletes something, and how. */
  edits: fc.array(
    fc.record({
      after: fc.nat(25),
      how: fc.constantFrom('replace' as const, 'delete' as const, 'token' as const),
      which: fc.nat(),
    }),
    { maxLength: 2 },
  ),
})

export type Script = typeof script extends fc.Arbitrary<infer S> ? S : never

export const worlds = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
  joinAfter: fc.nat(40),
  way: fc.constantFrom(
    'history' as const,
    'rewind' as const,
    ...(process.env.NOSEED ? [] : ['seed' as const]),
    'own' as const,
    'older' as const,
  ),
  /** Requests a reading, at the most. */
  maxPages: fc.constantFrom(1_000, 1_000, 1, 2, 4),
  /** The channel was attached before the session was created. */
  attachedBefore: fc.nat(7).map((n) => n === 0),
  /** Ably forgets the point of attach soon. */
  attachPointGone: fc.nat(7).map((n) => n === 0),
  presence: fc.boolean(),
  /** Every how many turns the responses are looked at. Only who looks at each turn has subscribed to them. */
  looksEvery: fc.constantFrom(1, 1, 1, 6, 1_000),
  /** When the session is closed: most see everything. */
  closes: fc.option(fc.nat(150), { nil: undefined, freq: 7 }),
  /** Messages a page of history, and a rewind. */
  limit: fc.integer({ min: 1, max: 12 }),
  rewind: fc.integer({ min: 1, max: 20 }),
  rewindCounts: fc.boolean(),
  bare: fc.boolean(),
  /** What the app's database keeps. */
  rows: fc.record({
    /** Also unfinished answers; of those, nothing but text: in which order parts of a row and of the channel that the row
     * does not know belong is tested by example (conversation.test.ts), not here. */
    partial: fc.boolean(),
    /** Parts with ids and versions, or nothing but text. */
    detailed: fc.boolean(),
    page: fc.integer({ min: 1, max: 3 }),
  }),
  /** What happens next, again and again. */
  choices: fc.array(fc.nat(9_999), { minLength: 30, maxLength: 150 }),
})

export type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never
