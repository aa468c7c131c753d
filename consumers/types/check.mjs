// Type-checks one file that uses every entry, and the examples of docs/engines.md that nothing runs, as three TypeScripts and two ways of resolving modules see it.
import { spawnSync } from 'node:child_process'

let failed = false
for (const version of ['5.9', '6', '7'])
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const { stdout, status } = spawnSync(
      process.execPath,
      `node_modules/typescript-${version}/bin/tsc --noEmit --strict --target es2022 --lib es2023,dom,dom.iterable
        --module ${module} --moduleResolution ${resolution} --types node --jsx react-jsx index.tsx
        temporal.ts temporalWorkflow.ts inngest.ts dbos.ts`.split(/\s+/),
      { encoding: 'utf8' },
    )
    // Other people's declarations have errors of their own under some compilers: not ours to judge.
    const ours = stdout.split('\n').filter((line) => /^(\w+\.tsx?|node_modules\/@rejoin)/.test(line))
    if (ours.length) console.log(ours.join('\n'))
    const elsewhere = status === 0 ? '' : ' (errors in other packages only)'
    if (ours.length) failed = true
    else console.log(`seen: TypeScript ${version}, ${resolution}${elsewhere}`)
  }
process.exitCode = failed ? 1 : 0
