import type { MessageRef } from '../types/types.ts'

/** A name that no other line has. An answer's is its id, mostly, so that it is not stored twice. */
export const keyOf = ({ role, id }: MessageRef): string =>
  role === 'user' ? `\u0000${id}` : id < '\u0002' ? `\u0001${id}` : id

/** One line of the conversation, and where it stands. */
export interface Entry extends MessageRef {
  /** Of its first message, or of the one that it stands at. */
  readonly serial: string | undefined
  /** Of the same: milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
  /** Set: it stands right before the line whose serial and time it has, a prompt before its first answer. */
  readonly leads?: 1 | undefined
  /** Of an answer. */
  readonly promptId?: string | undefined
  /** Of a prompt: its place in the tree (PROTOCOL.md §2.6). */
  readonly parent?: string | null | undefined
  readonly replaces?: string | undefined
  readonly regenerate?: string | undefined
  /** Its `refOf`, once that was asked for. */
  ref: MessageRef | undefined
}

/** A line of a response that was made. A class, so that all have one shape: thousands are compared. */
export class Line implements Entry {
  declare readonly id: string
  declare readonly role: MessageRef['role']
  declare readonly serial: string | undefined
  declare readonly createdAt: number
  declare readonly promptId: string | undefined
  declare ref: MessageRef | undefined

  constructor(
    id: string,
    role: MessageRef['role'],
    serial: string | undefined,
    createdAt: number,
    promptId?: string,
  ) {
    this.id = id
    this.role = role
    this.serial = serial
    this.createdAt = createdAt
    this.promptId = promptId
    this.ref = undefined
  }
}

/** A line of a prompt: answers have no room for its place in the tree. */
export class PromptLine extends Line {
  declare readonly parent: string | null | undefined
  declare readonly replaces: string | undefined
  declare readonly regenerate: string | undefined
  declare readonly leads: 1 | undefined

  constructor(
    id: string,
    serial: string | undefined,
    createdAt: number,
    { parent, replaces, regenerate }: Pick<Entry, 'parent' | 'replaces' | 'regenerate'>,
    leads?: 1,
  ) {
    super(id, 'user', serial, createdAt)
    this.parent = parent
    this.replaces = replaces
    this.regenerate = regenerate
    this.leads = leads
  }
}

/** What a view sees of a line: made when it is first read, and the same object wherever the line moves. */
export function refOf(entry: Entry): MessageRef {
  const { id, role } = entry
  return (entry.ref ??= Object.freeze({ id, role }))
}

/** How many alternatives to other prompts a line is: one or none. */
export const alternativesIn = ({ replaces, regenerate }: Entry): number =>
  replaces === undefined && regenerate === undefined ? 0 : 1

/** Whether two versions of a line say the same. */
export const isSame = (a: Entry, b: Entry): boolean =>
  a.serial === b.serial &&
  a.createdAt === b.createdAt &&
  a.leads === b.leads &&
  a.promptId === b.promptId &&
  a.parent === b.parent &&
  a.replaces === b.replaces &&
  a.regenerate === b.regenerate

/** By serial if both have one, else by time; lines that are not on the channel yet come last. */
export function byPlace(a: Entry, b: Entry): number {
  const order =
    a.serial !== undefined && b.serial !== undefined
      ? Number(a.serial > b.serial) - Number(a.serial < b.serial)
      : (a.createdAt || Infinity) - (b.createdAt || Infinity)
  return order || (b.leads ?? 0) - (a.leads ?? 0)
}
