import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'

const script = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkPage } = await script('servedPage.mjs')
const { checkRowsPage } = await script('hydratedPage.mjs')

const serve = ['.output/server/index.mjs']
await checkPage(serve, '<p>Ask away</p>')
await checkRowsPage({ Realtime, startLocalAbly }, serve)
process.exit()
