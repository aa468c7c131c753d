import { sameList } from '../types/same.ts'
import type { MessageRef } from '../types/types.ts'
import { noLines } from './lines.ts'
import type { Entry } from './entry.ts'
import type { MessageList } from './lines.ts'

/** A line of the conversation with its place in the tree. */
export interface Node {
  entry: Entry
  readonly parent: Node | undefined
  /** The versions that must be selected for it to show, beside those of its parent. */
  readonly choices: readonly (readonly [group: string, version: string])[]
  /** A request for another answer is not a line of its own. */
  readonly isLine: boolean
  /** For a prompt: the question that it asks, itself mostly. */
  readonly question: Node | undefined
}

/** What shows with one selection. It grows with the tree, until another version is chosen further up. */
export class Path {
  readonly pins: ReadonlyMap<string, string>
  readonly shown = new Set<Node>()
  readonly refs: MessageRef[] = []
  /** Nodes looked at. */
  seen = 0
  list: MessageList = noLines.shown
  readonly #selected: readonly string[]
  #isMoot = false

  constructor(selected: readonly string[], pins: ReadonlyMap<string, string>) {
    this.#selected = selected
    this.pins = pins
  }

  isValid(selected: readonly string[]): boolean {
    return !this.#isMoot && selected === this.#selected
  }

  /** A line may change the pins if the selection names it or one of its versions. */
  meet({ entry, choices }: Node): void {
    const selected = this.#selected
    if (selected.length === 0) return
    const names = [entry.id, ...choices.flatMap(([group, version]) => [group.slice(2), version])]
    this.#isMoot ||= names.some((name) => selected.includes(name))
  }

  /** Rebuilds the list if it differs from `before`. */
  publish(before: MessageList | undefined): void {
    if (this.list.length === this.refs.length) return
    const isSame = before?.length === this.refs.length && sameList(before.refs, this.refs)
    this.list = isSame ? before : new PathList(this.refs)
  }
}

/** The beginning of a path that may have grown since. */
class PathList implements MessageList {
  readonly length: number
  readonly last: MessageRef | undefined
  readonly #path: readonly MessageRef[]
  #refs: readonly MessageRef[] | undefined

  constructor(path: readonly MessageRef[]) {
    this.#path = path
    this.length = path.length
    this.last = path.at(-1)
  }

  get refs(): readonly MessageRef[] {
    return (this.#refs ??= this.#path.slice(0, this.length))
  }
}
