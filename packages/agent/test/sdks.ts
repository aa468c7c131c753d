import { createOpenAI } from '@ai-sdk/openai'
import { Anthropic } from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import * as messages from '@langchain/core/messages'
import { streamText } from 'ai'
import { OpenAI } from 'openai'
import * as middle from './with-middle/index.ts'
import * as oldest from './with-oldest/index.ts'

/** The SDKs of one age. Types are those of the newest. */
export type Sdks = typeof newest

const newest = { Anthropic, GoogleGenAI, OpenAI, createOpenAI, messages, streamText }

/** Those that the declared peer ranges begin and end with, and the majors between. */
export const ages: [age: string, sdks: Sdks][] = [
  ['oldest', { ...newest, ...oldest } as unknown as Sdks],
  ['middle', { ...newest, ...middle } as unknown as Sdks],
  ['newest', newest],
]
