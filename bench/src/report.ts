import { writeFileSync } from 'node:fs'

/** One figure. Ratios are within one run on one machine: compare those, not the values. */
export interface Figure {
  section: string
  name: string
  /** Which case of it: tokens, messages, pattern. */
  column: string
  unit: string
  value: number
  /** The same by the least work that anybody could do. */
  floor?: number
  /** Whose figure it is, where not ours. */
  peer?: string
  /** Figures of one group are meant to be alike. */
  group?: string
  details?: Record<string, unknown>
}

/** Collects figures; prints them as tables and writes them as data. */
export class Report {
  readonly figures: Figure[] = []
  /** Sentences on aims that were met or missed. */
  readonly verdicts: string[] = []

  add(figure: Figure): void {
    this.figures.push(figure)
    const { name, column, value, unit, floor, peer } = figure
    const ratio = floor === undefined ? '' : ` (${(value / floor).toFixed(1)} × the floor's ${amount(floor)})`
    console.error(`  ${peer ? `${peer}: ` : ''}${name} · ${column}: ${amount(value)} ${unit}${ratio}`)
  }

  /** What we set out to reach, and whether we did. */
  aim(what: string, reached: boolean, how: string): void {
    this.verdicts.push(`${reached ? 'reached' : 'MISSED'}: ${what}: ${how}`)
  }

  /** Leaves all of it for another report to take. */
  hand(path: string): void {
    writeFileSync(path, JSON.stringify({ figures: this.figures, verdicts: this.verdicts }))
  }

  take(handed: string): void {
    const { figures, verdicts } = JSON.parse(handed) as Pick<Report, 'figures' | 'verdicts'>
    this.figures.push(...figures)
    this.verdicts.push(...verdicts)
  }

  print(): void {
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
    if (this.verdicts.length) console.log(`\n## Aims\n\n${this.verdicts.map((v) => `- ${v}`).join('\n')}`)
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

export function amount(value: number): string {
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(1)} M`
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  if (value >= 10 || Number.isInteger(value)) return String(Math.round(value))
  return value.toFixed(1)
}
