import type { ReplyBookHost, ReplyKeeper } from './kinds.ts'
import type { Reply } from './parties.ts'
import { Replies } from './replies.ts'
import type { Response } from './response.ts'

/** Passes the replies of other parties on to every party that speaks for a response, now or later. */
export class ReplyBook implements ReplyKeeper {
  readonly #host: ReplyBookHost
  /** By response and client. */
  readonly #replies = new Map<string, Map<string | undefined, Replies>>()
  /** Responses with replies of other parties, by the prompt that they answer. */
  readonly #replied = new Map<string, Set<Response>>()

  constructor(host: ReplyBookHost) {
    this.#host = host
  }

  take(event: Reply, own: Response | undefined, live: boolean): void {
    const { id, speakers } = this.#host.roster.speakersFor(event, own)
    if (id === undefined) return
    const byClient = this.#replies.get(id) ?? new Map<string | undefined, Replies>()
    const replies = byClient.get(event.clientId) ?? new Replies()
    if (!replies.add(event)) return
    this.#replies.set(id, byClient.set(event.clientId, replies))
    for (const response of speakers) response.hear(event)
    for (const response of speakers.filter((one) => one !== own && one.applyReply(event))) {
      response.replied = true
      this.note(response)
      this.#host.touch(response, live)
    }
  }

  replay(response: Response): void {
    for (const replies of this.#replies.get(response.id)?.values() ?? [])
      for (const reply of replies.byVersion.values())
        // A supposed reply may be the party's own message.
        if (this.#host.roster.partyOf(reply) !== response.party) response.applyReply(reply)
        else {
          response.meet(reply, true)
          response.applyPart(reply)
        }
  }

  letGo({ id, promptId = '' }: Response): void {
    this.#replies.delete(id)
    this.#replied.delete(promptId)
  }

  note(response: Response): void {
    const { promptId, replied } = response
    if (promptId === undefined || !replied) return
    const known = this.#replied.get(promptId)
    if (known) known.add(response)
    else this.#replied.set(promptId, new Set([response]))
  }

  judge(promptId: string): void {
    for (const response of this.#replied.get(promptId) ?? [])
      if (response.judgeReplies()) this.#host.touch(response, false)
  }
}
