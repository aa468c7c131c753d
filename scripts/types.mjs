// Declarations of what each package exports, beside its scripts in dist. Siblings are seen as their users see
// them: through dist, so the order of packages matters.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packages, presentEntries, root } from './workspace.mjs'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

for (const pkg of packages()) {
  const dist = join(pkg.path, 'dist')
  const config = join(dist, 'tsconfig.json')
  mkdirSync(dist, { recursive: true })
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { rootDir: join(pkg.path, 'src'), outDir: dist },
      files: presentEntries(pkg)
        .filter(({ bin }) => !bin)
        .map(({ source }) => source),
    }),
  )
  try {
    const { status } = spawnSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' })
    if (status !== 0) {
      console.error(`unable to make the declarations of ${pkg.name}; what went wrong is above`)
      process.exitCode = 1
    }
  } finally {
    rmSync(config)
  }
}
