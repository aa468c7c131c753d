// `pnpm release`: builds, checks what would be published once more, and publishes what is not on npm yet.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { absoluteLinks } from './links.mjs'
import { packages, root } from './workspace.mjs'

const script = (name) => [process.execPath, [join(root, 'scripts', name)]]
const bin = (name) => join(root, 'node_modules', '.bin', name)

// npm attests where a package was built only if its manifest names that repository.
const { GITHUB_REPOSITORY: repository, GITHUB_SERVER_URL: server } = process.env
if (repository)
  for (const { path, folder } of packages()) {
    const readme = join(path, 'README.md')
    const url = `${server}/${repository}`
    writeFileSync(readme, absoluteLinks(readFileSync(readme, 'utf8'), `packages/${folder}`, url))
    must('npm', [
      'pkg',
      'set',
      '--prefix',
      path,
      'repository.type=git',
      `repository.url=git+${server}/${repository}.git`,
      `repository.directory=packages/${folder}`,
    ])
  }

must(bin('rollup'), ['-c', '--silent'])
must(...script('types.mjs'))
must(...script('global.mjs'))
must(...script('packages.mjs'))
must(bin('changeset'), ['publish'])

function must(file, args) {
  const { status } = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error(`unable to release; ${[file, ...args].join(' ')} failed`)
    process.exit(1)
  }
}
