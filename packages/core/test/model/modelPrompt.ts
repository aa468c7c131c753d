import { checksum } from '../../src/protocol/checksum.ts'
import type { ChannelModel } from './channelModel.ts'
import type { PromptScript } from './script.ts'

/** What a prompt says of its place: ids of prompts and responses. */
export interface Links {
  parent?: string | null
  replaces?: string
  regenerate?: string
}

/** What a user asks, and what is said of it. */
export class ModelPrompt {
  readonly id: string
  readonly text: string
  /** Its first message. */
  serial: string | undefined
  /** Its own client cancelled it. */
  cancelled = false
  /** What agents said of it last. */
  hint: PromptScript['hints'][number]['status'] | undefined
  readonly links: Links
  private readonly model: ChannelModel
  private readonly script: PromptScript

  /** `ids`: of all responses; `at`: which of them answers it. */
  constructor(model: ChannelModel, ids: readonly string[], at: number, script: PromptScript) {
    const asked = ids[at]!
    this.model = model
    this.id = `prompt of ${asked}`
    this.text = `What is ${asked}?`
    this.script = script
    this.links = linksOf(script.link, ids)
  }

  /** What every reader ends with, beside the text. */
  get given(): object {
    return {
      ...this.links,
      ...(this.script.rich && {
        parts: [
          { type: 'file', id: 'f', mediaType: 'image/png', url: 'https://x.test/f', size: 7 },
          { type: 'data-place', id: 'd', data: { at: [1] } },
        ],
        metadata: { of: this.id },
      }),
    }
  }

  /** Once; or again, under the same id. */
  publish(again = false): void {
    if (this.serial !== undefined && !again) return
    const { id: promptId, text } = this
    const clientId = 'user'
    const pieces = this.script.long ? ['What ', 'is ', text.slice(8)] : [text]
    let end = pieces[0]!.length
    for (const piece of again ? [] : pieces.slice(1)) {
      const headers = { promptId, end: String((end += piece.length)) }
      this.model.create({ name: 'prompt-text', headers, data: piece, clientId })
    }
    const whole = this.script.long && { length: text.length, checksum: checksum(text) }
    const data = { promptId, text: pieces[0], ...this.given, ...whole }
    const serial = this.model.create({ name: 'user-input', headers: {}, data, clientId })
    this.serial ??= serial
  }

  /** A stranger's word counts for nothing. */
  cancel(clientId: 'user' | 'eve'): void {
    this.cancelled ||= clientId === 'user'
    this.model.create({ name: 'cancel', headers: { promptId: this.id }, clientId })
  }

  tell(status: NonNullable<ModelPrompt['hint']>, clientId: string): void {
    this.hint = status
    this.model.create({ name: 'prompt-status', headers: { promptId: this.id }, data: { status }, clientId })
  }
}

function linksOf(link: PromptScript['link'], ids: readonly string[]): Links {
  if (!link) return {}
  const id = ids[link.of % ids.length]!
  switch (link.how) {
    case 'parent':
      return { parent: id }
    case 'child':
      return { parent: `prompt of ${id}` }
    case 'root':
      return { parent: null }
    case 'replaces':
      return { replaces: `prompt of ${id}` }
    case 'regenerate':
      return { replaces: `prompt of ${id}`, regenerate: id }
  }
}
