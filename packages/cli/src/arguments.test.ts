import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

const key = { ABLY_API_KEY: 'app.key:secret' }

test('a command, after --', () => {
  const given = readArguments(['check-agent', '--faults', '--', 'python3', 'agent.py', '--help'], {})
  const options = { command: ['python3', 'agent.py', '--help'], faults: true, past: false }
  expect(given).toMatchObject({ verb: 'check-agent', options, json: false })
})

test('a channel, with the key of the environment', () => {
  const args = ['check-agent', '--channel', 'ai:chat', '--url', 'http://127.0.0.1:8080', '--past']
  const target = { key: 'app.key:secret', url: 'http://127.0.0.1:8080' }
  expect(readArguments(args, key)).toMatchObject({ options: { channelName: 'ai:chat', target, past: true } })
  expect(readArguments(['watch', 'ai:chat'], key)).toMatchObject({ verb: 'watch', channelName: 'ai:chat' })
})

test.each([
  [['check-agent'], key, 'give a command after --, or --channel'],
  [['check-agent', '--channel', 'ai:chat'], {}, 'put a key into ABLY_API_KEY'],
  [['check-agent', '--channel', 'ai:chat', '--faults'], key, 'for a local server'],
  [['check-agent', '--timeout', 'soon', '--', 'true'], {}, 'give a number of milliseconds'],
  [['watch'], key, 'name a channel'],
  [['chekc'], key, 'there are check-agent and watch'],
  [['check-agent', '--fault', '--', 'true'], {}, '--fault'],
])('%j: says what is wrong', (args, env, message) => {
  expect(() => readArguments(args, env)).toThrow(message)
})

test.each([[[]], [['--help']], [['check-agent', '--help']]])('%j: helps', (args) => {
  expect(readArguments(args, {})).toEqual({ verb: 'help' })
})
