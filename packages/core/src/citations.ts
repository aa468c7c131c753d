import type { CitationEvent, SummaryEvent } from './event.ts'
import type { OpenPart } from './part.ts'
import type { Gap, SourcePart } from './types.ts'

type Source = Omit<SourcePart, 'id' | 'type'>

const noGaps: readonly Gap[] = Object.freeze([])

/** A cited source while it is known: shown as `source-url`. */
export class OpenCitation implements OpenPart {
  dirty = true
  snapshot: SourcePart | undefined
  gaps = noGaps
  readonly id: string
  serial: string
  #source: Source | undefined

  constructor(id: string, serial: string) {
    this.id = id
    this.serial = serial
  }

  /** Returns whether that is new. */
  show(source: Source | undefined): boolean {
    if (JSON.stringify(source) === JSON.stringify(this.#source)) return false
    this.#source = source
    return (this.dirty = true)
  }

  refresh(): undefined {
    this.dirty = false
    const source = this.#source
    this.snapshot = source && { id: this.id, type: 'source-url', ...source }
    return undefined
  }
}

interface Known {
  /** How often each source is cited, by the newest summary. */
  counts: Readonly<Record<string, number>>
  /** The summary came live: one of the past is older. */
  live: boolean
  /** Citations in detail, by the annotation's serial. */
  details: Map<string, CitationEvent>
}

type FindPart = (id: string, make: () => OpenCitation) => OpenPart

/**
 * The citations of a response's messages. A summary tells no more than which sources are cited and how often; a
 * source of which a citation is known in detail is shown by those.
 */
export class Citations {
  readonly #messages = new Map<string, Known>()

  /** Returns whether a view would see it. */
  apply(event: SummaryEvent | CitationEvent, part: FindPart): boolean {
    const { serial } = event
    let known = this.#messages.get(serial)
    if (!known) this.#messages.set(serial, (known = { counts: {}, live: false, details: new Map() }))
    const before = Object.keys(known.counts)
    if (event.type === 'summary') {
      if (known.live && event.epoch === undefined) return false
      known.counts = event.counts
      known.live ||= event.epoch !== undefined
      let changed = false
      for (const name of new Set([...before, ...Object.keys(event.counts)]))
        changed = this.#showCount(name, serial, known, part) || changed
      return changed
    }
    return this.#applyDetail(event, known, part)
  }

  #applyDetail(event: CitationEvent, known: Known, part: FindPart): boolean {
    const { serial, name, annotation, source } = event
    let changed = false
    const show = (id: string, shown: Source | undefined): void => {
      const one = part(id, () => new OpenCitation(id, serial))
      if (one instanceof OpenCitation) changed = one.show(shown) || changed
    }
    if (!source) {
      // Annotations are taken back by name: all that this client had published before.
      for (const [id, detail] of known.details)
        if (detail.name === name && detail.annotator === event.annotator && id < annotation) {
          known.details.delete(id)
          show(id, undefined)
        }
    } else {
      known.details.set(annotation, event)
      show(annotation, source)
    }
    return this.#showCount(name, serial, known, part) || changed
  }

  /** Shows what the summary says of a source while nothing better is known. */
  #showCount(name: string, serial: string, known: Known, part: FindPart): boolean {
    const id = `${serial}:${name}`
    const count = known.counts[name] ?? 0
    const detailed = [...known.details.values()].some((detail) => detail.name === name)
    if (detailed || count === 0) {
      const one = part(id, () => new OpenCitation(id, serial))
      return one instanceof OpenCitation && one.show(undefined)
    }
    const one = part(id, () => new OpenCitation(id, serial))
    return one instanceof OpenCitation && one.show({ sourceId: name, url: urlOf(name), title: name, count })
  }
}

/** A source is named by its domain, mostly. */
function urlOf(name: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(name) ? name : `https://${name}`
}
