/** What a prompt tells of the one that it is another version of: edited, or asked again. */
export interface Asked {
  id: string
  replaces?: string | undefined
}

export interface Version {
  /** The first of its versions. */
  root: string
  /** From 1. */
  version: number
  /** How many there are. */
  versions: number
}

/** Which version of what each prompt is, and each that is only known from what replaced it. Oldest first. */
export function versionsOf(prompts: Iterable<Asked>): ReadonlyMap<string, Readonly<Version>> {
  const known = new Map<string, Version>()
  const counts = new Map<string, number>()
  const add = (id: string, root: string) => {
    const version = (counts.get(root) ?? 0) + 1
    counts.set(root, version)
    known.set(id, { root, version, versions: version })
    return root
  }
  for (const { id, replaces } of prompts)
    if (replaces === undefined) add(id, id)
    else add(id, known.get(replaces)?.root ?? add(replaces, replaces))
  for (const one of known.values()) one.versions = counts.get(one.root)!
  return known
}
