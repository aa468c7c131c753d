import type { Hydrator, Row, RowPart, SeedPage } from '../../src/index.ts'
import { seed } from '../../src/index.ts'
import type { ModelAgent } from './modelAgent.ts'
import type { ModelChannel } from './modelChannel.ts'
import type { World } from './script.ts'

/** An application's database: what it keeps of the agents' responses. */
export class ModelDatabase {
  /** Texts that were handed out, by response. */
  readonly given = new Map<string, { text: string; complete: boolean }[]>()
  /** Sessions that load from it read only streaming responses from the channel. */
  asked = false
  private readonly agents: readonly ModelAgent[]
  private readonly how: World['rows']

  constructor(agents: readonly ModelAgent[], how: World['rows']) {
    this.agents = agents
    this.how = how
  }

  get namesParts(): boolean {
    return this.how.detailed
  }

  /** A hydrator that reads it, each page when the test says so. */
  hydrator(channel: ModelChannel, pages: { limit: number; maxPages: number }): Hydrator {
    return seed({ ...pages, load: this.loader(channel) })
  }

  loader(channel: ModelChannel): (cursor: string | undefined) => Promise<SeedPage> {
    return (cursor) => {
      // As of the request.
      const page = this.page(cursor)
      this.asked = true
      return channel.answer(() => page)
    }
  }

  /** Newest first; the cursor is where the page before it ended. */
  private page(cursor: string | undefined): SeedPage {
    const kept = this.agents
      .filter((a) => a.named && a.serial !== undefined && !a.withdrawn && (a.ended || this.how.partial))
      .filter((a) => cursor === undefined || a.serial! < cursor)
      .sort((a, b) => (a.serial! < b.serial! ? 1 : -1))
    const page = kept.slice(0, this.how.page)
    const open = this.agents
      .filter((a) => !a.ended)
      .flatMap((a) => [a.prompt?.serial, a.serial].filter((serial) => serial !== undefined).map(Number))
    return {
      rows: page.flatMap((a) => this.rows(a)),
      ...(open.length && { openSince: Math.min(...open) }),
      ...(kept.length > page.length && { cursor: page.at(-1)!.serial! }),
    }
  }

  private rows(agent: ModelAgent): Row[] {
    const { id, prompt, serial, ended, text, status } = agent
    this.given.set(id, [...(this.given.get(id) ?? []), { text, complete: ended }])
    const createdAt = Number(serial)
    const answer: Row = {
      id,
      role: 'assistant',
      status: ended ? status : 'streaming',
      createdAt,
      ...(prompt && { promptId: prompt.id }),
      ...(this.namesParts && ended
        ? { serial: serial!, parts: this.parts(agent), retracted: agent.retracted }
        : { text }),
    }
    if (prompt?.serial === undefined) return [answer]
    const at = { createdAt: Number(prompt.serial), ...(this.how.detailed && { serial: prompt.serial }) }
    return [
      { id: prompt.id, role: 'user', text: prompt.text, clientId: 'user', ...prompt.given, ...at },
      answer,
    ]
  }

  private parts(agent: ModelAgent): RowPart[] {
    const texts = [...agent.ofKind('text'), ...agent.ofKind('reasoning')].map((text) => ({
      at: text.serial!,
      part: {
        type: text.style.kind,
        id: agent.partId(text),
        text: text.text,
        ...(text.length > 1 && { runs: text.length }),
        ...(text.version && { serial: text.serial!, version: text.version }),
      },
    }))
    const wholes = agent.wholes
      .filter((whole) => !whole.retracted)
      .map(({ serial, id, expected }) => ({
        at: serial,
        part: {
          ...expected,
          type: String(expected.type),
          id,
          ...(expected.type === 'tool-look' && { toolCallId: id }),
        },
      }))
    return [...texts, ...wholes].sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ part }) => part)
  }
}
