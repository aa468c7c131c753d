import type { Message, RealtimeChannel } from 'ably'
import type { Response } from '../response/response.ts'
import { OpenText } from '../response/textPart.ts'
import type { Run } from '../text/run.ts'
import type { SessionCore } from './core.ts'

/** How many texts are asked for, so that a channel full of edits ends too. */
const MAX_ASKED = 100

/**
 * History has the newest operation on a message only. So where an agent ends its answers by no message of their own, an
 * edit by somebody else hides from later readers that the text had ended. The message's versions tell.
 */
export class HiddenEnds {
  readonly #core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>
  /** Texts whose versions were asked for, each with the edit that hid its end. */
  readonly #asked = new Set<string>()

  constructor(core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>) {
    this.#core = core
  }

  /** Asks for the versions of texts that others edited, and that seem to go on. */
  judge(): void {
    for (const response of this.#core.conversation.open())
      if (!response.isStrict)
        for (const part of response.parts.ordered)
          if (part instanceof OpenText && part.editedBy !== undefined && !part.finished)
            void this.#ask(response, part, part.runs.at(-1)!)
  }

  async #ask(response: Response, part: OpenText, run: Run): Promise<void> {
    const { serial, key } = run
    const name = `${serial} ${key}`
    if (!run.merges || this.#asked.has(name) || this.#asked.size >= MAX_ASKED) return
    this.#asked.add(name)
    if (!(await wasDone(this.#core.channel, serial)) || !run.closedBefore(key)) return
    part.dirty = true
    this.#core.conversation.touch(response, false)
    this.#core.store.changed()
  }
}

/** Whether the message's own publisher had closed it. */
async function wasDone(channel: RealtimeChannel, serial: string): Promise<boolean> {
  try {
    let own: Message | undefined
    for (let page = await channel.getMessageVersions(serial); ;) {
      for (const version of page.items) if (isOwn(version) && !isOlder(version, own)) own = version
      const next = page.hasNext() ? await page.next() : null
      if (!next) break
      page = next
    }
    return own?.version?.metadata?.phase === 'done'
  } catch {
    // The right to read history is lacking, or the client's SDK has no such request.
    return false
  }
}

const isOwn = ({ clientId, version }: Message): boolean =>
  version?.clientId === undefined || version.clientId === clientId

const isOlder = (one: Message, other: Message | undefined): boolean =>
  other !== undefined && (one.version?.serial ?? '') < (other.version?.serial ?? '')
