import type { Annotation, RealtimeChannel } from 'ably'
import type { CitationEvent } from '../protocol/event.ts'
import { CITATIONS } from '../protocol/names.ts'

type Emit = (event: CitationEvent, live: boolean) => void

/** Makes the reader of a channel's citations. */
export type CitationSourceOf = (channel: RealtimeChannel, emit: Emit) => CitationSource

/**
 * Option of a session: `createSession({ …, citations })` shows citations one by one. It is a value of its own, so that a
 * page without citations does not load it.
 */
export const citations: CitationSourceOf = (channel, emit) => new CitationSource(channel, emit)

/**
 * Citations one by one, from a channel's annotations: live ones as they arrive (the channel needs the mode
 * `ANNOTATION_SUBSCRIBE`), and earlier ones of a message on request.
 */
export class CitationSource {
  readonly #channel: RealtimeChannel
  readonly #emit: Emit

  constructor(channel: RealtimeChannel, emit: Emit) {
    this.#channel = channel
    this.#emit = emit
  }

  /** Rejects if the channel was attached without the mode, or the key lacks the capability. */
  async start(): Promise<void> {
    await this.#channel.annotations.subscribe(CITATIONS, this.#onAnnotation)
  }

  stop(): void {
    try {
      this.#channel.annotations.unsubscribe(CITATIONS, this.#onAnnotation)
    } catch {
      // A client built without annotations.
    }
  }

  /** Reads every citation that a message has. */
  async load(messageSerial: string): Promise<void> {
    let page = await this.#channel.annotations.get(messageSerial, { limit: 1000 })
    for (;;) {
      for (const annotation of page.items) this.#read(annotation, false)
      const next = page.hasNext() ? await page.next() : null
      if (!next) return
      page = next
    }
  }

  readonly #onAnnotation = (annotation: Annotation): void => this.#read(annotation, true)

  #read(annotation: Annotation, live: boolean): void {
    const event = readCitation(annotation)
    if (event) this.#emit(event, live)
  }
}

/** The source that an annotation cites; undefined if it is not a citation. */
export function readCitation(annotation: Annotation): CitationEvent | undefined {
  const { type, action, messageSerial, serial, clientId, timestamp } = annotation
  if (type !== CITATIONS || typeof messageSerial !== 'string' || typeof serial !== 'string') return undefined
  const data: unknown = typeof annotation.data === 'string' ? parse(annotation.data) : annotation.data
  const { url, title, startOffset, endOffset, snippet } = (data ?? {}) as Record<string, unknown>
  const name = annotation.name ?? (typeof url === 'string' ? url : '')
  const gone = action === 'annotation.delete'
  if (!gone && typeof url !== 'string') return undefined
  return {
    type: 'citation',
    serial: messageSerial,
    version: serial,
    responseId: undefined,
    promptId: undefined,
    part: undefined,
    clientId: undefined,
    updatedAt: 0,
    timestamp: timestamp ?? 0,
    strict: false,
    watched: false,
    epoch: undefined,
    annotation: serial,
    annotator: clientId,
    name,
    source: gone
      ? undefined
      : {
          sourceId: name,
          url: url as string,
          ...(typeof title === 'string' && { title }),
          ...(typeof startOffset === 'number' && { startOffset }),
          ...(typeof endOffset === 'number' && { endOffset }),
          ...(typeof snippet === 'string' && { snippet }),
        },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
