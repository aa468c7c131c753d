import { writeFileSync } from 'node:fs'

/** One figure. Ratios are within one run on one machine: compare those, not the values. */
export interface Figure {
  section: string
  name: string
  /** The case: tokens, messages, pattern. */
  column: string
  unit: string
  value: number
  /** The figure of the least work that does the same. */
  floor?: number
  /** Whose figure it is, if not ours. */
  peer?: string
  /** Figures of one group are meant to be alike. */
  group?: string
  details?: Record<string, unknown>
}

/** One line of the first page: an aim, and whether it is reached. */
export interface Aim {
  what: string
  ours: string
  /** The best peer's figure, and its name. */
  peer?: string | undefined
  /** The figure of the least work that does the same. */
  floor?: string | undefined
  aim: string
  reached: boolean
}

/** Collects figures; prints them as tables and writes them as data. */
export class Report {
  readonly figures: Figure[] = []
  readonly aims: Aim[] = []
  /** Remarks that belong to the figures. */
  readonly notes: string[] = []

  add(figure: Figure): void {
    this.figures.push(figure)
    const { name, column, value, unit, floor, peer } = figure
    const ratio = floor === undefined ? '' : ` (${(value / floor).toFixed(1)} × the floor's ${amount(floor)})`
    console.error(`  ${peer ? `${peer}: ` : ''}${name} · ${column}: ${amount(value)} ${unit}${ratio}`)
  }

  aim(aim: Aim): void {
    this.aims.push(aim)
  }

  /** An aim for a ratio: at most `most` times what it is compared with. */
  atMost(most: number, what: string, ratio: number, floor?: string): void {
    this.aim({ what, ours: times(ratio), floor, aim: `≤ ${most} ×`, reached: ratio <= most })
  }

  /** Writes all figures to a file that another report takes. */
  hand(path: string): void {
    writeFileSync(path, JSON.stringify({ figures: this.figures, aims: this.aims, notes: this.notes }))
  }

  take(handed: string): void {
    const { figures, aims, notes } = JSON.parse(handed) as Pick<Report, 'figures' | 'aims' | 'notes'>
    this.figures.push(...figures)
    this.aims.push(...aims)
    this.notes.push(...notes)
  }

  print(): void {
    this.#printPage()
    for (const section of new Set(this.figures.map((f) => f.section))) {
      console.log(`\n## ${section}\n`)
      const own = this.figures.filter((f) => f.section === section)
      const withFloor = own.some((f) => f.floor !== undefined)
      console.log(`| | | ${withFloor ? 'value | floor | ratio |' : 'value |'}`)
      console.log(`|---|---|${withFloor ? '---:|---:|---:|' : '---:|'}`)
      for (const { name, column, value, unit, floor, peer } of own) {
        const cells = [`${amount(value)} ${unit}`]
        if (withFloor) cells.push(floor === undefined ? '' : amount(floor))
        if (withFloor) cells.push(floor === undefined ? '' : `${(value / floor).toFixed(1)} ×`)
        console.log(`| ${peer ? `**${peer}** ` : ''}${name} | ${column} | ${cells.join(' | ')} |`)
      }
    }
  }

  /** One page, before all figures. */
  #printPage(): void {
    if (this.aims.length) {
      console.log('# Aims\n\n| | ours | best peer | floor | aim | |\n|---|---:|---:|---:|---:|---|')
      for (const { what, ours, peer = '', floor = '', aim, reached } of this.aims)
        console.log(
          `| ${what} | ${ours} | ${peer} | ${floor} | ${aim} | ${reached ? 'reached' : '**missed**'} |`,
        )
    }
    for (const note of this.notes) console.log(`\n${note}.`)
    console.log('\n# Figures')
  }

  write(path: string): void {
    const rows = this.figures.map(({ section, name, column, unit, value, floor, peer, details }) => ({
      name: `${name} · ${column}`,
      unit,
      value,
      floor: floor ?? null,
      ratio: floor === undefined ? null : value / floor,
      peer: peer ?? null,
      section,
      ...details,
    }))
    writeFileSync(path, `${JSON.stringify(rows, null, 2)}\n`)
  }
}

export const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)} ×`

export function amount(value: number): string {
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(1)} M`
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  if (value >= 10 || Number.isInteger(value)) return String(Math.round(value))
  return value.toFixed(1)
}
