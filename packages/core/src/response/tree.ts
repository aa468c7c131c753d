import { noLines } from './lines.ts'
import { refOf } from './entry.ts'
import type { Entry } from './entry.ts'
import type { Lines, MessageList } from './lines.ts'
import { Path } from './path.ts'
import type { Node } from './path.ts'

/** Which answers or wordings a place in the conversation has, and which of them shows. */
export interface Branch {
  /** Ids of the prompts that stand for each version, oldest first. */
  readonly versions: readonly string[]
  readonly index: number
}

interface Group {
  /** Ids of the prompts that stand for its versions. */
  readonly versions: Set<string>
  /** The version that shows by default: where someone last spoke. */
  chosen: string
}

/**
 * The tree of a conversation (PROTOCOL.md §2.6): a fold over its entries in order. Alternatives are declared, and the
 * path that shows is the list, filtered. What is appended costs its own place only; while there are no alternatives,
 * every line shows, and the tree is built only when a place in it is asked for.
 */
export class Tree {
  #lines = noLines
  /** The lines that the nodes were made of. */
  #grown = noLines
  #nodes: Node[] = []
  readonly #prompts = new Map<string, Node>()
  readonly #responses = new Map<string, Node>()
  readonly #groups = new Map<string, Group>()
  /** The newest prompt and its ancestors: all of them show by default. */
  readonly #onDefault = new Set<Node>()
  #head: Node | undefined
  #pinned: { selected: readonly string[]; pins: ReadonlyMap<string, string> } | undefined
  #path: Path | undefined
  #shownPath: MessageList | undefined

  /** Brings the tree up to date. */
  update(lines: Lines): void {
    this.#lines = lines
    if (lines.alternatives > 0) this.#grow()
  }

  #grow(): void {
    const lines = this.#lines
    if (lines === this.#grown) return
    const known = this.#nodes.length
    const isExtended = known <= lines.length && this.#follow(lines)
    this.#grown = lines
    this.#pinned = undefined
    if (!isExtended) this.#clear()
    for (const entry of lines.from(this.#nodes.length)) this.#add(entry)
  }

  /** Whether these lines begin with the nodes' lines, perhaps with some serials changed. */
  #follow(lines: Lines): boolean {
    const nodes = this.#nodes
    let at = lines.shares(this.#grown)
    for (const entry of lines.from(at)) {
      const node = nodes[at++]
      if (!node) return true
      if (node.entry !== entry && !isAtSamePlace(node.entry, entry)) return false
      node.entry = entry
    }
    return true
  }

  /** The lines that show, with the versions that `selected` prompts choose, later ones over earlier. */
  path(selected: readonly string[]): MessageList {
    const { shown, alternatives } = this.#lines
    if (alternatives === 0) return (this.#shownPath = shown)
    this.#grow()
    const known = this.#path
    const path = known?.isValid(selected) ? known : new Path(selected, this.#pins(selected))
    for (const node of this.#nodes.slice(path.seen)) this.#walk(path, node)
    path.publish(this.#shownPath)
    this.#path = path
    return (this.#shownPath = path.list)
  }

  #walk(path: Path, node: Node): void {
    path.seen++
    if (node.parent && !path.shown.has(node.parent)) return
    if (!node.choices.every(([group, version]) => this.#selected(group, path.pins) === version)) return
    path.shown.add(node)
    if (node.isLine) path.refs.push(refOf(node.entry))
  }

  /** The versions beside a prompt or an answer; `undefined` where there is one only. */
  branch(id: string): Branch | undefined {
    if (this.#lines.alternatives === 0) return undefined
    this.#grow()
    const node = this.#responses.get(id) ?? this.#prompts.get(id)
    return node && (node.entry.role === 'assistant' || node.isLine)
      ? this.#versions(...(node.choices[0] ?? []))
      : undefined
  }

  /** The versions of a prompt's answer; `undefined` if no other version was requested. */
  answers(promptId: string, selected: readonly string[]): Branch | undefined {
    if (this.#lines.alternatives === 0) return undefined
    this.#grow()
    const name = `a:${promptId}`
    return this.#versions(name, this.#selected(name, this.#pins(selected)))
  }

  #versions(name = '', version = ''): Branch | undefined {
    const versions = [...(this.#groups.get(name)?.versions ?? [])]
    return versions.length < 2 ? undefined : { versions, index: versions.indexOf(version) }
  }

  /** The id of the line that a prompt follows; `null`: it begins the conversation. */
  parentOf(promptId: string): string | null {
    this.#grow()
    return this.#prompts.get(promptId)?.parent?.entry.id ?? null
  }

  #selected(group: string, pins: ReadonlyMap<string, string>): string | undefined {
    return pins.get(group) ?? this.#groups.get(group)?.chosen
  }

  /** Which of some lines a line follows, or is. */
  above(id: string, lines: readonly string[]): Set<string> {
    this.#grow()
    const left = new Set(lines)
    const ids = new Set<string>()
    for (let node = this.#find(id); node && left.size > 0; node = node.parent)
      if (left.delete(node.entry.id)) ids.add(node.entry.id)
    return ids
  }

  #find(id: string): Node | undefined {
    return this.#prompts.get(id) ?? this.#responses.get(id)
  }

  #pins(selected: readonly string[]): ReadonlyMap<string, string> {
    if (this.#pinned?.selected !== selected) this.#pinned = { selected, pins: this.#pinsOf(selected) }
    return this.#pinned.pins
  }

  #pinsOf(selected: readonly string[]): Map<string, string> {
    const pins = new Map<string, string>()
    for (const id of selected) {
      const found = this.#find(id)
      // A version that is not loaded may be known by its answer, or by what replaced it.
      if (!found && this.#groups.get(`e:${id}`)?.versions.has(id)) pins.set(`e:${id}`, id)
      // A question stands for its first answer, too.
      if (found?.question === found && this.#groups.has(`a:${id}`)) pins.set(`a:${id}`, id)
      for (let node = found; node; node = node.parent)
        for (const [group, version] of node.choices) pins.set(group, version)
    }
    return pins
  }

  #clear(): void {
    this.#nodes = []
    this.#prompts.clear()
    this.#responses.clear()
    this.#groups.clear()
    this.#onDefault.clear()
    this.#head = undefined
    this.#path = undefined
  }

  #add(entry: Entry): void {
    const { id, role } = entry
    const node = role === 'assistant' ? this.#answer(entry) : this.#ask(entry)
    this.#nodes.push(node)
    this.#path?.meet(node)
    ;(role === 'assistant' ? this.#responses : this.#prompts).set(id, node)
    if (role === 'user') this.#turnTo(node)
  }

  #answer(entry: Entry): Node {
    const { promptId } = entry
    const ask = promptId === undefined ? undefined : this.#prompts.get(promptId)
    if (!ask) {
      // The answer of a prompt that is not loaded belongs to that version.
      const choices = promptId === undefined ? [] : [this.#choice(`e:${promptId}`, promptId)]
      return { entry, parent: undefined, choices, isLine: true, question: undefined }
    }
    const question = ask.question!
    const choices = [this.#choice(`a:${question.entry.id}`, ask.entry.id)]
    return { entry, parent: question, choices, isLine: true, question: undefined }
  }

  #ask(entry: Entry): Node {
    const { replaces, regenerate } = entry
    const { id } = entry
    const replaced = replaces === undefined ? undefined : this.#prompts.get(replaces)
    if (regenerate !== undefined && replaced) {
      const question = replaced.question!
      const choices = [this.#choice(`a:${question.entry.id}`, id)]
      return { entry, parent: question, choices, isLine: false, question }
    }
    const root = replaced ? rootOf(replaced.question!) : (replaces ?? id)
    const node: { -readonly [K in keyof Node]: Node[K] } = {
      entry,
      parent: this.#parentFor(entry, replaced?.question, `e:${root}`),
      choices: [this.#choice(`e:${root}`, id)],
      isLine: true,
      question: undefined,
    }
    node.question = node
    this.#choice(`a:${id}`, id)
    return node
  }

  /** A prompt never follows another version of itself, whatever it declares and in whatever order they arrive. */
  #parentFor(entry: Entry, replaced: Node | undefined, group: string): Node | undefined {
    const parent = this.#statedParent(entry, replaced)
    return this.#groups.has(group) && parent !== replaced?.parent ? outside(group, parent) : parent
  }

  /** A prompt's place: the one it declares, else that of the prompt it replaces, else after the lines that show by default. */
  #statedParent({ parent, replaces }: Entry, replaced: Node | undefined): Node | undefined {
    if (parent !== undefined)
      return parent === null ? undefined : (this.#responses.get(parent) ?? this.#prompts.get(parent))
    if (replaced) return replaced.parent
    if (replaces !== undefined) return undefined
    return this.#nodes.findLast((node) => node.isLine && this.#showsByDefault(node))
  }

  #showsByDefault(node: Node): boolean {
    for (let at: Node | undefined = node; at && !this.#onDefault.has(at); at = at.parent)
      if (!at.choices.every(([group, version]) => this.#groups.get(group)!.chosen === version)) return false
    return true
  }

  #choice(name: string, version: string): readonly [string, string] {
    const group = this.#groups.get(name)
    if (!group) this.#groups.set(name, { versions: firstOf(name, version), chosen: version })
    else group.versions.add(version)
    return [name, version]
  }

  /** A new prompt selects its own branch: the conversation goes on where someone last spoke. */
  #turnTo(node: Node): void {
    const fresh: Node[] = []
    let at: Node | undefined = node
    for (; at && !this.#onDefault.has(at); at = at.parent) fresh.push(at)
    for (let old = this.#head; old && old !== at; old = old.parent) this.#onDefault.delete(old)
    for (const one of fresh) {
      this.#onDefault.add(one)
      for (const [name, version] of one.choices) {
        const group = this.#groups.get(name)!
        if (group.chosen !== version) this.#path = undefined
        group.chosen = version
      }
    }
    this.#head = node
  }
}

/** The first version that a group has: the prompt that it is named after comes before those that replace it. */
function firstOf(group: string, version: string): Set<string> {
  return new Set([group.slice(2), version])
}

/** The nearest line, from `node` up, that does not depend on a version of `group`. */
function outside(group: string, node: Node | undefined): Node | undefined {
  let found = node
  for (let at = node; at; at = at.parent) if (at.choices.some(([name]) => name === group)) found = at.parent
  return found
}

/** The id of the first wording of a question. */
function rootOf(question: Node): string {
  return question.choices[0]![0].slice(2)
}

/** Whether two entries have the same place in the tree. */
function isAtSamePlace(a: Entry, b: Entry): boolean {
  return (
    refOf(a) === refOf(b) &&
    a.promptId === b.promptId &&
    a.parent === b.parent &&
    a.replaces === b.replaces &&
    a.regenerate === b.regenerate
  )
}
