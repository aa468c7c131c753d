import { readdirSync, readFileSync } from 'node:fs'

/** A message as a vector writes it: README.md, "Messages". */
export interface VectorMessage {
  name?: string
  data?: unknown
  serial?: string
  action?: 'create' | 'append' | 'update' | 'delete' | 'summary'
  /** `version.serial`; default: the message's serial. */
  version?: string
  /** `version.metadata`. */
  metadata?: Record<string, unknown>
  /** `extras.headers`. */
  headers?: Record<string, unknown>
  /** `annotations.summary`, by type. */
  summary?: Record<string, unknown>
  clientId?: string | null
  /** `version.clientId`. */
  editor?: string
}

/** What a reader must show: every field given must be equal; objects may have more. */
export interface Expected {
  /** By id; `null`: there is no such response. */
  responses?: Record<string, unknown>
  prompts?: Record<string, unknown>
  /** Ids of prompts and responses, in the order of the conversation. */
  order?: string[]
}

export type Step =
  | { attach: { resumed?: boolean } }
  | { deliver: VectorMessage[] }
  | { history: VectorMessage[]; more?: boolean }
  | { rewind: VectorMessage[] }
  | { rows: unknown[] }
  | { present: string[] }
  | { expect: Expected }

export interface Vector {
  name: string
  /** Sections of PROTOCOL.md that it is about. */
  sections: string[]
  /** Message names of the application (§2.1). */
  names?: Record<string, string>
  /** `clientId`s that the application trusts to answer (§8.6). */
  agents?: string[]
  steps: Step[]
}

/** Name of the channel that every vector happens on. */
export const channelName = 'ai:vectors'

const fields = ['name', 'data', 'clientId'] as const

/** An Ably message in full, as SDKs hand it over. */
export function expand(message: VectorMessage): Record<string, unknown> {
  const {
    serial = '',
    action = 'create',
    version = serial,
    metadata,
    headers,
    editor,
    summary = {},
  } = message
  const full: Record<string, unknown> = {
    id: `${serial}:0`,
    action: `message.${action}`,
    serial,
    clientId: 'agent',
    timestamp: 1_700_000_000_000 + (Number(serial) || 0),
    version: {
      serial: version,
      timestamp: 1_700_000_000_000,
      ...(metadata && { metadata }),
      ...(editor && { clientId: editor }),
    },
    annotations: { summary },
    ...(headers && { extras: { headers } }),
  }
  for (const field of fields) if (field in message) full[field] = message[field] ?? undefined
  return full
}

/** Every vector of this folder, by file. */
export function loadVectors(): { file: string; vectors: Vector[] }[] {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => ({
    file,
    vectors: (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { vectors: Vector[] }).vectors,
  }))
}
