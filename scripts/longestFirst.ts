import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Short files with long tests. By its size, each would come last, and its worker would work on alone. */
const long = [
  'e2e/kills.test.ts',
  'e2e/bindings/bindings.test.ts',
  'e2e/laws/laws.test.ts',
  'e2e/page.test.ts',
  'docs/test/writerVectors.test.ts',
  'docs/test/anyLanguage.test.ts',
]

/** The order of Vitest, but within each project the long files come first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = new Set(sorted.map(({ project }) => project))
    const isLong = ({ moduleId }: TestSpecification) => long.some((end) => moduleId.endsWith(end))
    return [...projects].flatMap((project) => {
      const its = sorted.filter((file) => file.project === project)
      return [...its.filter(isLong), ...its.filter((file) => !isLong(file))]
    })
  }
}
