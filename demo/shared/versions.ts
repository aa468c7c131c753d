/**
 * A prompt that was edited or asked again is a new prompt, whose id names the first one: `<first>~<version>`. So
 * every tab, the database and the agent know what replaced what, with nothing but the ids.
 */
export interface Version {
  root: string
  version: number
}

export function versionOf(promptId: string): Version {
  const at = promptId.lastIndexOf('~')
  const version = at > 0 ? Number(promptId.slice(at + 1)) : Number.NaN
  return Number.isInteger(version) && version > 1
    ? { root: promptId.slice(0, at), version }
    : { root: promptId, version: 1 }
}

export const nextVersion = (root: string, versions: number) => `${root}~${versions + 1}`

/** How many versions there are of each prompt. */
export function countVersions(promptIds: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of promptIds) {
    const { root, version } = versionOf(id)
    counts.set(root, Math.max(counts.get(root) ?? 0, version))
  }
  return counts
}
