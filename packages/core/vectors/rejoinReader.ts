import { createSession, history, rewind, seed } from '../src/index.ts'
import type { Hydrator, Row, Session } from '../src/index.ts'
import type { Shown, VectorReader } from './run.ts'
import type { Expected, Vector } from './vector.ts'
import { VectorChannel } from './vectorChannel.ts'
import type { Message } from './vectorChannel.ts'

const settled = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** This repository's session, as the runner wants a reader. */
export class RejoinReader implements VectorReader {
  private readonly session: Session
  private readonly channel: VectorChannel
  private giveRows: (rows: Row[]) => void = () => {}

  constructor(vector: Vector) {
    const { steps, names, agents } = vector
    this.channel = new VectorChannel(steps.some((step) => 'rewind' in step))
    this.session = createSession({
      channel: this.channel.asChannel(),
      hydrate: this.hydrator(vector),
      presence: steps.some((step) => 'present' in step),
      ...(names && { names }),
      ...(agents && { agents }),
    })
    this.session.ready.catch(() => {})
  }

  attach(resumed: boolean): Promise<void> {
    this.channel.attached(resumed)
    return settled()
  }

  deliver(message: Message): Promise<void> {
    this.channel.deliver(message)
    return settled()
  }

  async history(page: Message[], more: boolean): Promise<void> {
    this.channel.answer(page, more)
    await settled()
  }

  async rewind(messages: Message[]): Promise<void> {
    this.channel.attached(false, messages)
    for (const message of messages) await this.deliver(message)
  }

  rows(rows: unknown[]): Promise<void> {
    this.giveRows(rows as Row[])
    return settled()
  }

  present(clientIds: string[]): Promise<void> {
    this.channel.setMembers(clientIds)
    return settled()
  }

  state(expected: Expected): Shown {
    const { session } = this
    session.flush()
    const of = (ids: object | undefined, get: (id: string) => unknown) =>
      Object.fromEntries(Object.keys(ids ?? {}).map((id) => [id, get(id)]))
    return {
      responses: of(expected.responses, session.getResponse),
      prompts: of(expected.prompts, session.getPrompt),
      order: session.getSnapshot().messages.map(({ id }) => id),
    }
  }

  close(): void {
    this.session.close()
  }

  private hydrator({ steps }: Vector): Hydrator {
    if (steps.some((step) => 'rewind' in step)) return rewind('2m')
    if (!steps.some((step) => 'rows' in step)) return history()
    return seed({ load: () => new Promise((resolve) => (this.giveRows = (rows) => resolve({ rows }))) })
  }
}
