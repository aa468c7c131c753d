import { parseArgs } from 'node:util'
import type { LocalAblyOptions, Namespace } from './settings.ts'
import type { WebhookRule } from './webhooks/rule.ts'

export const help = `local-ably: an Ably-compatible server in one process

  local-ably [--port 8080] [options]

  --port <n>              where to listen; 0 takes a free port (default 8080)
  --host <name>           default 127.0.0.1; 0.0.0.0 lets others in
  --key <app.id:secret>   a key that may do everything; repeatable (default local.key:secret)
  --namespace <rule>      a channel rule: id, id:persisted, id:mutable, id:persisted:mutable; repeatable
  --rollup <ms>           merge appends within 0, 20, 40, 100 or 500 ms (default 0; the service: 40)
  --webhook <url|rule>    post published messages there: a URL, or JSON such as {"url": "…", "channelFilter": "^wake:"}
  --limits                the service's rates: 50 messages per second per connection and per channel
  --file <path>           keep messages across restarts
  --sync                  confirm publishes only when they are on the disk
  --repair                load a damaged file as far as it can be read; a copy is kept beside it
  --origin <origin>       a web page's origin that may use /status, /apps, /faults and the default key; repeatable
  --verbose               print frames, requests and errors
  --help
`

/** Turns the command line into options, or throws an error that names the problem. */
export function readArguments(args: string[]): LocalAblyOptions & { verbose: boolean; help: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '8080' },
      host: { type: 'string' },
      key: { type: 'string', multiple: true },
      namespace: { type: 'string', multiple: true },
      rollup: { type: 'string' },
      webhook: { type: 'string', multiple: true },
      limits: { type: 'boolean', default: false },
      file: { type: 'string' },
      sync: { type: 'boolean' },
      repair: { type: 'boolean' },
      origin: { type: 'string', multiple: true },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`unable to listen on port ${values.port}; give a number from 0 to 65535`)
  }
  return {
    port,
    host: values.host,
    keys: values.key,
    namespaces: values.namespace?.map(readNamespace),
    webhooks: values.webhook?.map(readWebhook),
    appendRollupWindow: values.rollup === undefined ? undefined : Number(values.rollup),
    limits: values.limits ? { connectionRate: 50, channelRate: 50 } : undefined,
    file: values.file,
    syncFile: values.sync,
    repairFile: values.repair,
    origins: values.origin,
    verbose: values.verbose,
    help: values.help,
  }
}

function readNamespace(rule: string): Namespace {
  const [id, ...flags] = rule.split(':')
  const unknown = flags.find((flag) => flag !== 'persisted' && flag !== 'mutable')
  if (!id || unknown !== undefined) {
    throw new Error(`unable to read the rule ${JSON.stringify(rule)}; write id, id:persisted or id:mutable`)
  }
  return { id, persisted: flags.includes('persisted'), mutableMessages: flags.includes('mutable') }
}

function readWebhook(rule: string): WebhookRule {
  if (!rule.trim().startsWith('{')) return { url: rule }
  try {
    return JSON.parse(rule) as WebhookRule
  } catch (cause) {
    throw new Error(`unable to read the webhook rule ${rule}; it is not JSON`, { cause })
  }
}
