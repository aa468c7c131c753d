import { expect } from 'vitest'
import { createSession, history, keepNewest } from '../../src/index.ts'
import type { ResponseState, Session } from '../../src/index.ts'
import type { ChannelModel } from './channelModel.ts'
import type { ModelAgent } from './modelAgent.ts'
import { ModelChannel } from './modelChannel.ts'
import type { ModelPrompt } from './modelPrompt.ts'
import type { World } from './script.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

type Device = Pick<World, 'bare' | 'presence' | 'limit'> & World['rows']

/** Another device of the same user, which opens the conversation when everything has happened and reads it whole. */
export class SecondDevice {
  readonly #session: Session
  readonly #channel: ModelChannel

  /** What it is given beside, some worlds choose: all of it leaves the same to see. */
  constructor(model: ChannelModel, { bare, presence, limit, page }: Device, selected: readonly string[]) {
    this.#channel = new ModelChannel(model, { rewind: undefined, bare, rewindCounts: false })
    this.#session = createSession({
      channel: this.#channel.asChannel(),
      hydrate: history({ limit: page === 1 ? limit : 50 }),
      presence,
      ...(limit % 2 === 0 && { agents: (clientId) => clientId?.startsWith('agent of ') === true }),
      ...(page === 3 && { keep: keepNewest(limit) }),
      branches: { selected },
      schedule: () => () => {},
    })
    this.#session.ready.catch(() => {})
    // What a world publishes on purpose is no news.
    this.#session.on('error', () => {})
  }

  /** Both devices show the same list, path, prompts and responses. */
  async compare(
    first: Session,
    agents: readonly ModelAgent[],
    prompts: readonly ModelPrompt[],
  ): Promise<void> {
    await this.#settle()
    // A response that is whole may have an older message all the same, such as its `start`.
    while (this.#session.getSnapshot().hasOlder) {
      const older = this.#session.loadOlder()
      await this.#settle()
      await older
    }
    const view = (session: Session) => {
      session.flush()
      const { entries, messages } = session.getSnapshot()
      return {
        entries,
        path: messages.map(({ id }) => id),
        prompts: prompts.map((prompt) => {
          const answers = agents.filter((agent) => agent.prompt === prompt)
          const known = session.getPrompt(prompt.id)
          // What became of it depends on what history tells of its answers.
          return answers.every(isToldByHistory)
            ? known
            : known && { ...known, status: undefined, responseId: undefined }
        }),
        responses: agents.filter(isToldByHistory).map(({ id }) => comparable(session.getResponse(id))),
      }
    }
    expect(view(this.#session)).toEqual(view(first))
    this.#session.close()
  }

  async #settle(): Promise<void> {
    for (let still = 0; still < 4; still++) {
      if (this.#channel.arrive() || this.#channel.pending.length) still = 0
      this.#channel.pending.shift()?.succeed()
      await turn()
    }
  }
}

/**
 * History has only the newest version of a message. An edit hides what the agent said of the text's end, and the agent's
 * next operation hides who edited; stamps that count something else tell each reader of other gaps.
 */
function isToldByHistory({ edited, script }: ModelAgent): boolean {
  return !edited && script.manner !== 'wrong'
}

/** Without what depends on how one came to know: what healed here, what was said last, and where exactly a gap is. */
function comparable(response: ResponseState | undefined) {
  return response && { ...response, healed: undefined, updatedAt: undefined, gaps: undefined }
}
