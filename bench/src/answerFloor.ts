import type { InboundMessage } from 'ably'
import { checksum } from '../../packages/core/src/protocol/checksum.ts'
import type { Known } from './floor.ts'
import { Frames } from './frames.ts'

interface Part {
  readonly type: 'text'
  readonly id: string
  readonly text: string
  readonly state: 'done'
}

interface Snapshot {
  readonly id: string
  readonly status: string
  readonly text: string
  readonly parts: readonly Part[]
  readonly hasGap: boolean
  readonly verified: boolean
  readonly clientId: string
  readonly serial: string
  readonly createdAt: number
  readonly updatedAt: number
}

interface Answer extends Known {
  status: string
  hasGap: boolean
  verified: boolean
  snapshot: Snapshot | undefined
}

interface Line {
  readonly id: string
  readonly role: 'assistant'
  readonly serial: string
}

/** Lines that are copied together. */
const CHUNK = 512

/**
 * The least that a correct reader does for an answer that comes whole, in the plainest code:
 * - of each message it reads name, action, serials, times, publisher, response, part and stamps, and finds the response
 *   by its id; the text's own message, by which an edit would find it, is known by its serial;
 * - it takes the answer from the client that began it only, and only newer versions;
 * - it compares the stamp with the length, and the checksum with that of the text;
 * - it puts the line in its place by its serial, in lists that older versions keep: one chunk is copied;
 * - it publishes when the answer is over, else with the next frame: an immutable snapshot (the response, the list of its
 *   parts, the part), and tells the list that a line is new, or that nothing streams any more.
 * It cannot place what comes late, fill a gap, read the past, follow a prompt, branch, or show anything but text.
 */
export class AnswerFloor {
  readonly frames = new Frames()
  chunks: readonly (readonly Line[])[] = []
  /** How often the list was told. */
  told = 0
  private readonly answers = new Map<string, Answer>()
  private readonly bySerial = new Map<string, Answer>()
  private isStreaming = false
  /** To be published. */
  private readonly changed = new Set<Answer>()
  private cancel: (() => void) | undefined

  deliver(message: InboundMessage): void {
    const { name, action, serial, version, timestamp, clientId, data } = message
    const { headers } = message.extras as { headers?: Record<string, string> }
    const id = headers?.responseId
    if (id === undefined || serial === undefined || clientId === undefined) return
    if (name !== 'response' && name !== 'response-end') return
    let answer = this.answers.get(id)
    if (!answer) this.answers.set(id, (answer = this.begin(id, headers!.part!, clientId, serial, timestamp)))
    const key = version.serial ?? serial
    if (answer.clientId !== clientId || key <= answer.newest) return
    answer.newest = key
    answer.updatedAt = version.timestamp ?? timestamp
    if (name === 'response-end') answer.status = headers!.status ?? 'complete'
    else if (action === 'message.update' && typeof data === 'string') {
      const { end, checksum: sum } = (version.metadata ?? {}) as Record<string, string | undefined>
      answer.text = data
      answer.hasGap = end !== undefined && Number(end) !== data.length
      answer.verified = !answer.hasGap && sum === checksum(data)
      this.bySerial.set(serial, answer)
    }
    this.changed.add(answer)
    if (answer.status !== 'streaming') this.flush()
    else this.cancel ??= this.frames.schedule(this.flush)
  }

  private readonly flush = (): void => {
    this.cancel?.()
    this.cancel = undefined
    for (const answer of this.changed) this.publish(answer)
    this.changed.clear()
  }

  private begin(id: string, part: string, clientId: string, serial: string, createdAt: number): Answer {
    const status = 'streaming'
    const known = { text: '', status, hasGap: false, verified: false, newest: '', snapshot: undefined }
    return { id, part, clientId, serial, createdAt, updatedAt: createdAt, ...known }
  }

  private publish(answer: Answer): void {
    const { id, part, clientId, serial, createdAt, updatedAt, text, status, hasGap } = answer
    const isNew = answer.snapshot === undefined
    const parts: Part[] = [{ type: 'text', id: part, text, state: 'done' }]
    const verified = status === 'complete' && answer.verified
    const times = { createdAt, updatedAt }
    answer.snapshot = { id, status, text, parts, hasGap, verified, clientId, serial, ...times }
    if (isNew) this.place({ id, role: 'assistant', serial })
    const streams = status === 'streaming'
    if (isNew || streams !== this.isStreaming) this.told++
    this.isStreaming = streams
  }

  private place(line: Line): void {
    const { chunks } = this
    const last = chunks.at(-1) ?? []
    let at = last.length
    while (at > 0 && last[at - 1]!.serial > line.serial) at--
    const next = last.toSpliced(at, 0, line)
    const before = chunks.slice(0, -1)
    this.chunks =
      next.length <= CHUNK ? [...before, next] : [...before, next.slice(0, CHUNK), next.slice(CHUNK)]
  }
}
