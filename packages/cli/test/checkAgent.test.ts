import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { describe, expect, test } from 'vitest'
import { checkAgent, passes, report } from '../src/index.ts'

const node = process.execPath
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const tsx = import.meta.resolve('tsx')
const how = ['--conditions=@rejoin/source', '--import', tsx]
const agent = (...args: string[]) => [node, script('agent.mjs'), ...args]
/** Longer than any machine takes to start a process: nothing waits for it unless an agent is silent. */
const timeout = 50_000
const settle = 500

describe('checkAgent', () => {
  test.each(['message-per-response', 'message-per-token'])('an agent that is right, %s', async (pattern) => {
    const expected = 'A rope 🪢 is a bundle of fibres.'
    const result = await checkAgent({ command: agent(pattern), timeout, settle, expect: expected })
    expect(result.findings).toEqual([])
    expect(result.responses).toMatchObject([{ length: expected.length, verified: true }])
    expect(passes(result)).toBe(true)
  })

  test('with faults: an agent that makes nothing good', async () => {
    const result = await checkAgent({ command: agent('message-per-response'), faults: true, timeout, settle })
    expect(passes(result)).toBe(false)
    expect(report(result)).toMatch(/PROTOCOL.md §/)
  })

  test('another text than expected', async () => {
    const options = { command: agent('message-per-token'), expect: 'A rope 🪢 is a band.', timeout, settle }
    const { findings } = await checkAgent(options)
    expect(findings).toMatchObject([
      { section: '4', cause: expect.stringContaining('from code unit 16 on') as string },
    ])
  })

  test('an agent that dies', async () => {
    const result = await checkAgent({ command: [node, '-e', 'throw new Error("no model")'], timeout, settle })
    expect(passes(result)).toBe(false)
    expect(report(result)).toContain('no model')
  })

  test('a command has no past', async () => {
    await expect(checkAgent({ command: [node, '-e', ''], past: true })).rejects.toThrow(
      'its server starts empty',
    )
  })

  test('an agent on a channel, then its past', async () => {
    const server = await startLocalAbly()
    const client = new Realtime({ ...server.clientOptions, clientId: 'agent', echoMessages: false })
    try {
      const answering = createAgent({ client, channelName: 'ai:chat' })
      answering.onPrompt((_prompt, response) => response.append('A rope is a rope.'))
      await answering.ready
      const on = { target: { key: server.key, url: server.url }, channelName: 'ai:chat' }
      const asked = await checkAgent({ ...on, timeout, settle })
      expect(asked).toMatchObject({ findings: [], responses: [{ verified: true }] })
      const past = await checkAgent({ ...on, past: true })
      expect(past).toMatchObject({ findings: [], responses: [{ length: 17 }] })
    } finally {
      client.close()
      await server.close()
    }
  })
})

describe('the command', () => {
  const rejoin = (args: string[], env = {}) =>
    spawnSync(node, [...how, script('../src/rejoin.ts'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ABLY_API_KEY: '', ...env },
    })

  test('passes an agent that is right', () => {
    const { status, stdout } = rejoin([
      'check-agent',
      '--timeout',
      String(timeout),
      '--',
      ...agent('message-per-token'),
    ])
    expect(stdout).toContain('verified')
    expect(status, stdout).toBe(0)
  })

  test('fails one that counts code points, and says so', () => {
    const command = agent('message-per-response', 'code points')
    const { status, stdout } = rejoin(['check-agent', '--timeout', String(timeout), '--', ...command])
    expect(stdout).toContain('PROTOCOL.md §4.1')
    expect(stdout).toContain('`end` counts code points; count UTF-16 code units')
    expect(status).toBe(1)
  })

  test('says what is wrong with its arguments', () => {
    const { status, stderr } = rejoin(['check-agent'])
    expect(stderr).toContain('give a command after --, or --channel')
    expect(status).toBe(2)
  })

  test('--help', () => {
    const { status, stdout } = rejoin(['--help'])
    expect(stdout).toContain('rejoin check-agent')
    expect(status).toBe(0)
  })
})
