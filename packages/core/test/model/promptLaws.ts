import { expect } from 'vitest'
import type { PromptStatus, Session } from '../../src/index.ts'
import type { ModelAgent } from './modelAgent.ts'
import type { ModelDatabase } from './modelDatabase.ts'
import type { ModelPrompt } from './modelPrompt.ts'
import { plainPath } from './plainPath.ts'
import type { Line } from './plainPath.ts'

const precedence = ['answered', 'answering', 'stopped', 'failed'] as const

const byAnswer: Record<string, (typeof precedence)[number]> = {
  complete: 'answered',
  streaming: 'answering',
  interrupted: 'answering',
  stopped: 'stopped',
  error: 'failed',
}

/** Holds a session to laws 12 to 14: what was asked, what became of it, and the path. */
export class PromptLaws {
  private readonly session: Session
  private readonly agents: readonly ModelAgent[]
  private readonly prompts: readonly ModelPrompt[]
  private readonly database: ModelDatabase

  constructor(
    session: Session,
    agents: readonly ModelAgent[],
    prompts: readonly ModelPrompt[],
    database: ModelDatabase,
  ) {
    this.session = session
    this.agents = agents
    this.prompts = prompts
    this.database = database
  }

  /** Law 14, at every turn: the path is a function of the entries and of what this device selected. */
  checkPath(selected: readonly string[]): void {
    const { entries, messages } = this.session.getSnapshot()
    const lines = entries.map(({ id, role }): Line => {
      if (role === 'assistant') return { id, role, promptId: this.session.getResponse(id)?.promptId }
      const { parent, replaces, regenerate } = this.session.getPrompt(id)!
      return { id, role, parent, replaces, regenerate }
    })
    const shown = messages.map(({ id }) => id)
    const path = plainPath(lines, selected)
    if (shown.join() !== path.join())
      expect({ selected, lines, shown }).toEqual({ selected, lines, shown: path })
  }

  /** Laws 12 and 13, once everything has arrived. */
  checkEnd(): void {
    for (const prompt of this.prompts) {
      const known = this.session.getPrompt(prompt.id)
      // What stands before what a reader of a database has read of the channel, nobody asked for.
      if (prompt.serial === undefined || (!known && this.database.asked)) continue
      expect(known).toMatchObject({ text: prompt.text, clientId: 'user', ...prompt.given })
      expect(known!.incomplete).toBeUndefined()
      if (!this.database.asked) expect([prompt.id, known!.status]).toEqual([prompt.id, this.fate(prompt)])
    }
  }

  /** As PROTOCOL.md §2.7 says. */
  private fate(prompt: ModelPrompt): PromptStatus {
    const answers = new Set(
      this.agents
        .filter((agent) => agent.prompt === prompt && agent.serial !== undefined && !agent.withdrawn)
        .map((agent) => byAnswer[this.session.getResponse(agent.id)!.status]),
    )
    const best = precedence.find((status) => answers.has(status))
    return best ?? (prompt.cancelled ? 'stopped' : (prompt.hint ?? 'sent'))
  }
}
