import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { checkBundle } = await import(
  pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', 'bundledModules.mjs')).href
)
checkBundle('dist/main.js.map')
