import type { CitationEvent, SummaryEvent } from '../protocol/event.ts'
import { OpenPart } from './part.ts'
import type { AnyPart } from './part.ts'
import type { PartKind } from './partKind.ts'
import type { PartList } from './partList.ts'
import type { SourcePart } from '../types/types.ts'

type Source = Omit<SourcePart, 'id' | 'type'>

/** A cited source while it is known: shown as `source-url`. */
class OpenCitation extends OpenPart {
  #source: Source | undefined

  /** Returns whether that is new. */
  set(source: Source | undefined): boolean {
    if (JSON.stringify(source) === JSON.stringify(this.#source)) return false
    this.#source = source
    return (this.dirty = true)
  }

  protected override show(): AnyPart | undefined {
    const source = this.#source
    return source && { id: this.id, type: 'source-url', ...source }
  }
}

const isCitation = (part: OpenPart): part is OpenCitation => part instanceof OpenCitation

interface Known {
  /** How often each source is cited, by the newest summary. */
  counts: Readonly<Record<string, number>>
  /** The summary came live: one of the past is older. */
  live: boolean
  /** Citations in detail, by the annotation's serial. */
  details: Map<string, CitationEvent>
}

/**
 * The citations of a response's messages. A summary gives only the sources and how often each is cited. A source shows
 * its detailed citations, if any arrived, in place of the summary's count.
 */
class Citations {
  readonly #messages = new Map<string, Known>()

  /** Returns whether a view would see it. */
  apply(event: SummaryEvent | CitationEvent, parts: PartList): boolean {
    const { serial } = event
    let known = this.#messages.get(serial)
    if (!known) this.#messages.set(serial, (known = { counts: {}, live: false, details: new Map() }))
    const { details } = known
    let changed = false
    const show = (id: string, source: Source | undefined): void => {
      const one = parts.get(id, 'cited', isCitation, () => new OpenCitation(id, serial))
      changed = one.set(source) || changed
    }
    const names = new Set<string>()
    if (event.type === 'summary') {
      if (known.live && event.epoch === undefined) return false
      for (const name of Object.keys({ ...known.counts, ...event.counts })) names.add(name)
      known.counts = event.counts
      known.live ||= event.epoch !== undefined
    } else {
      const { name, annotation, annotator, source } = event
      names.add(name)
      if (source) {
        details.set(annotation, event)
        show(annotation, source)
      } else
        // Annotations are taken back by name: all that this client had published before.
        for (const [id, detail] of details)
          if (detail.name === name && detail.annotator === annotator && id < annotation) {
            details.delete(id)
            show(id, undefined)
          }
    }
    for (const name of names) {
      const count = known.counts[name]
      const detailed = [...details.values()].some((detail) => detail.name === name)
      show(
        `${serial}:${name}`,
        detailed || typeof count !== 'number'
          ? undefined
          : { sourceId: name, url: urlOf(name), title: name, count },
      )
    }
    return changed
  }
}

/** A source is named by its domain, mostly. */
function urlOf(name: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(name) ? name : `https://${name}`
}

const known = /* @__PURE__ */ new WeakMap<PartList, Citations>()

/** What a response cites, by source with counts or one by one. */
export const citationKind: PartKind<SummaryEvent | CitationEvent> = {
  apply(event, parts) {
    let citations = known.get(parts)
    if (!citations) known.set(parts, (citations = new Citations()))
    return citations.apply(event, parts)
  },
}
