import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { Problem } from './problem.ts'

export interface Config {
  port: number
  /** Whether PORT was set: a chosen port is never replaced by another one. */
  portChosen: boolean
  host: string
  /** The number of your own proxies in front of the demo; their X-Forwarded headers are trusted. */
  proxies: number
  databaseUrl: string | undefined
  /** The folder of the embedded database. */
  dataFolder: string
  ablyKey: string | undefined
  model: ModelConfig
  /** The longest prompt that is answered, in UTF-16 code units. */
  longestPrompt: number
  /** How long the embedded Ably server can resume a lost connection, in milliseconds. */
  connectionStateTtl: number
  /** How long an agent that was killed stays away, in milliseconds. */
  restartAfter: number
  /** The folder of the built pages. */
  pages: string
}

export interface ModelConfig {
  provider: 'openai' | 'anthropic' | 'recorded'
  apiKey?: string
  /** The provider's name for the model. */
  name?: string
  baseUrl?: string
  /** The folder of recorded streams; it may not exist. */
  recordings: string
  /** The replay speed of recorded streams, in characters per second. */
  speed: number
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const port = number(env, 'PORT', 3000, 0, 65_535)
  const ablyKey = env.ABLY_API_KEY || undefined
  if (ablyKey !== undefined && !/^[^:\s.]+\.[^:\s]+:[^:\s]+$/.test(ablyKey))
    throw new Problem(
      'unable to use ABLY_API_KEY; an Ably key looks like appId.keyId:secret. Copy it from the API Keys tab of your app, or unset it to use the embedded server',
    )
  return {
    port,
    portChosen: Boolean(env.PORT),
    host: env.HOST || '127.0.0.1',
    proxies: number(env, 'TRUST_PROXY', 0, 0, 10),
    databaseUrl: databaseUrl(env),
    dataFolder: env.DEMO_DATA || here('../.data'),
    ablyKey,
    model: modelConfig(env),
    longestPrompt: number(env, 'DEMO_LONGEST_PROMPT', 1_000_000, 1, 10_000_000),
    connectionStateTtl: number(env, 'DEMO_STATE_TTL', 10_000, 1000, 120_000),
    // Longer than its presence lasts, so that pages see it gone.
    restartAfter: number(env, 'DEMO_RESTART_AFTER', 5000, 0, 60_000),
    pages: here('../dist'),
  }
}

function databaseUrl(env: NodeJS.ProcessEnv): string | undefined {
  const url = env.DATABASE_URL
  if (!url) return undefined
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new Problem(
      'unable to use DATABASE_URL; it must look like postgres://user:password@host:5432/database. Correct it, or unset it to use the embedded database',
    )
  return url
}

function modelConfig(env: NodeJS.ProcessEnv): ModelConfig {
  const replay = {
    recordings: env.DEMO_RECORDINGS || join(here('../../..'), 'shared', 'recordings'),
    speed: number(env, 'DEMO_SPEED', 240, 1, 1_000_000),
  }
  if (env.OPENAI_API_KEY)
    return {
      provider: 'openai',
      apiKey: env.OPENAI_API_KEY,
      name: env.OPENAI_MODEL || 'gpt-5-mini',
      baseUrl: env.OPENAI_BASE_URL || undefined,
      ...replay,
    }
  if (env.ANTHROPIC_API_KEY)
    return {
      provider: 'anthropic',
      apiKey: env.ANTHROPIC_API_KEY,
      name: env.ANTHROPIC_MODEL || 'claude-sonnet-4-5',
      baseUrl: env.ANTHROPIC_BASE_URL || undefined,
      ...replay,
    }
  return { provider: 'recorded', ...replay }
}

function number(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]
  if (!text) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Problem(`unable to use ${name}=${text}; give a whole number from ${min} to ${max}`)
  return value
}
