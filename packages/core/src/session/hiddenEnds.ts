import type { Message, RealtimeChannel } from 'ably'
import type { Response } from '../response/response.ts'
import { OpenText } from '../response/textPart.ts'
import type { SessionCore } from './core.ts'

/** How many texts are asked for, so that a channel full of edits ends too. */
const MAX_ASKED = 100

/**
 * History has the newest operation on a message only. So where an agent ends its answers by no message of their own, an
 * edit hides from later readers that the text had ended. The message's versions tell.
 */
export class HiddenEnds {
  readonly #core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>
  /** Texts whose versions were read, each with the edit that hid its end. */
  readonly #asked = new Set<string>()
  /** Publishers that never say whether a text is done. */
  readonly #silent = new Set<string | undefined>()
  #asking = false

  constructor(core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>) {
    this.#core = core
  }

  /** Asks for the versions of texts that were edited, and that seem to go on: one request at a time. */
  judge(): void {
    if (this.#asking) return
    this.#asking = true
    void this.#ask().finally(() => (this.#asking = false))
  }

  async #ask(): Promise<void> {
    for (let next = this.#next(); next && this.#asked.size < MAX_ASKED; next = this.#next()) {
      const { response, part } = next
      const run = part.runs.at(-1)!
      const { serial, key } = run
      const phases = await phasesOf(this.#core.channel, serial)
      // The connection is lacking, or the right to read history: asks again when more has come.
      if (!phases) return void (this.#core.conversation.unattended = true)
      this.#asked.add(nameOf(part))
      if (phases.length === 0) this.#silent.add(response.clientId)
      if (phases.at(-1) !== 'done' || !run.closedBefore(key)) continue
      part.dirty = true
      this.#core.conversation.touch(response, false)
      this.#core.store.changed()
    }
  }

  #next(): { response: Response; part: OpenText } | undefined {
    for (const response of this.#core.conversation.open())
      if (!response.isStrict)
        for (const part of response.parts.ordered)
          if (
            part instanceof OpenText &&
            part.hidesEnd &&
            !part.finished &&
            part.runs.at(-1)!.merges &&
            (part.editedBy !== undefined || !this.#silent.has(response.clientId)) &&
            !this.#asked.has(nameOf(part))
          )
            return { response, part }
    return undefined
  }
}

function nameOf({ runs }: OpenText): string {
  const { serial, key } = runs.at(-1)!
  return `${serial} ${key}`
}

/** What the message's own publisher said of it, oldest first; `undefined` if that cannot be read. */
async function phasesOf(channel: RealtimeChannel, serial: string): Promise<string[] | undefined> {
  try {
    const own: Message[] = []
    for (let page = await channel.getMessageVersions(serial); ;) {
      own.push(...page.items.filter(isOwn))
      const next = page.hasNext() ? await page.next() : null
      if (!next) break
      page = next
    }
    own.sort((a, b) => ((a.version?.serial ?? '') < (b.version?.serial ?? '') ? -1 : 1))
    return own.flatMap(({ version }) => version?.metadata?.phase ?? [])
  } catch {
    return undefined
  }
}

const isOwn = ({ clientId, version }: Message): boolean =>
  version?.clientId === undefined || version.clientId === clientId
