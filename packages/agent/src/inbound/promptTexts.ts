import type { InboundMessage } from 'ably'
import { Header } from '@rejoin/core/protocol'
import { headersOf } from './fields.ts'
import { Pieces } from './pieces.ts'

/** UTF-16 code units of the texts kept. */
const MOST = 32_000_000

/** Pieces of prompts too long for one message; they come before the prompt (PROTOCOL.md §2.8). */
export class PromptTexts {
  readonly #pieces = new Pieces(MOST)

  add(message: InboundMessage): void {
    const headers = headersOf(message)
    const promptId = headers[Header.PromptId]
    if (promptId === undefined) return
    this.#pieces.add(keyOf(promptId, message.clientId), Number(headers[Header.End]), message.data)
  }

  /** The prompt's whole text; undefined when a piece is missing. */
  read(
    promptId: string,
    clientId: string | undefined,
    head: string,
    whole: { length: number; checksum: string },
  ): string | undefined {
    return this.#pieces.read(keyOf(promptId, clientId), head, whole)
  }
}

const keyOf = (promptId: string, clientId: string | undefined): string => `${clientId ?? ''} ${promptId}`
