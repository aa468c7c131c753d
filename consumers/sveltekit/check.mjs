import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { checkPage } = await import(
  pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', 'servedPage.mjs')).href
)
await checkPage(['build/index.js'], 'Ask away</p>')
