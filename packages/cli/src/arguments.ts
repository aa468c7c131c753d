import { parseArgs } from 'node:util'
import type { CheckOptions } from './check/checkAgent.ts'
import type { Target } from './wire/target.ts'

export const help = `rejoin: checks agents and watches channels of Rejoin

  rejoin check-agent [options] -- command [arguments]
      starts a local server, runs the agent against it, asks it, and says what is not as PROTOCOL.md says. The agent
      finds ABLY_API_KEY, ABLY_URL (http://127.0.0.1:port), ABLY_HOST, ABLY_PORT and ABLY_CHANNEL in its environment
  rejoin check-agent --channel ai:chat [options]
      the same with an agent that listens on a channel; the key is in ABLY_API_KEY
  rejoin watch ai:chat [--url URL]
      shows the prompts and responses of a channel as they are written, gaps marked; the key is in ABLY_API_KEY

  --faults           refuse every fifth publish of the agent (with a command)
  --past             ask nothing; check what the channel's history holds (with --channel)
  --prompt <text>    what to ask (default: What is a rope?)
  --expect <text>    the exact text that it is to answer with
  --timeout <ms>     silence after which the agent is given up (default 15000)
  --channel <name>   the channel (with a command, default ai:check)
  --url <url>        a local server in place of the service: http://127.0.0.1:8080
  --json             findings as JSON
  --help

check-agent ends with 0 if there are no errors, 1 if there are, 2 if it could not check.
`

export type Arguments =
  | { readonly verb: 'help' }
  | { readonly verb: 'check-agent'; readonly options: CheckOptions; readonly json: boolean }
  | { readonly verb: 'watch'; readonly channelName: string; readonly target: Target }

/** Parses the command line. Throws an error that names the mistake. */
export function readArguments(args: readonly string[], env: Record<string, string | undefined>): Arguments {
  const split = args.indexOf('--')
  const [own, command] = split < 0 ? [args, []] : [args.slice(0, split), args.slice(split + 1)]
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      channel: { type: 'string' },
      url: { type: 'string' },
      prompt: { type: 'string' },
      expect: { type: 'string' },
      timeout: { type: 'string' },
      faults: { type: 'boolean', default: false },
      past: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [verb, name] = positionals
  if (values.help || verb === undefined) return { verb: 'help' }
  const channelName = values.channel ?? name
  const target = () => {
    if (env['ABLY_API_KEY']) return { key: env['ABLY_API_KEY'], url: values.url ?? env['ABLY_URL'] }
    throw new Error('unable to connect; put a key into ABLY_API_KEY')
  }
  if (verb === 'watch') {
    if (channelName === undefined) throw new Error('unable to watch; name a channel: rejoin watch ai:chat')
    return { verb, channelName, target: target() }
  }
  if (verb !== 'check-agent') throw new Error(`unable to run ${verb}; there are check-agent and watch`)
  const timeout = values.timeout === undefined ? undefined : Number(values.timeout)
  if (timeout !== undefined && !(timeout > 0))
    throw new Error(`unable to wait ${values.timeout}; give a number of milliseconds`)
  if (command.length === 0 && channelName === undefined)
    throw new Error('unable to check; give a command after --, or --channel')
  if (command.length === 0 && values.faults)
    throw new Error('unable to refuse publishes on the service; give a command after --, for a local server')
  const { prompt, expect, faults, past } = values
  const where = command.length > 0 ? { command } : { target: target() }
  return {
    verb,
    json: values.json,
    options: { ...where, channelName, timeout, prompt, expect, faults, past },
  }
}
