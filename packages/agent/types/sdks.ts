// What the SDKs return is what the mappers take.
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { fromAISDK } from '@rejoin/agent/providers/ai-sdk'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromGoogle } from '@rejoin/agent/providers/google'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { fromOpenAICompatible } from '@rejoin/agent/providers/openai-compatible'

const openai = new OpenAI()
const chat = { model: 'gpt', messages: [{ role: 'user' as const, content: 'hi' }] }
fromOpenAI(await openai.chat.completions.create({ ...chat, stream: true }))
fromOpenAI(openai.chat.completions.stream(chat))
fromOpenAI(await openai.responses.create({ model: 'gpt', input: 'hi', stream: true }))
fromOpenAI(openai.responses.stream({ model: 'gpt', input: 'hi' }))
fromOpenAICompatible(await openai.chat.completions.create({ ...chat, stream: true }))
fromOpenAICompatible(await openai.responses.create({ model: 'gpt', input: 'hi', stream: true }))
// @ts-expect-error: the promise of a stream
fromOpenAI(openai.chat.completions.create({ ...chat, stream: true }))

const anthropic = new Anthropic()
const message = { model: 'claude', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
fromAnthropic(await anthropic.messages.create({ ...message, stream: true }))
fromAnthropic(anthropic.messages.stream(message))

const google = new GoogleGenAI({})
fromGoogle(await google.models.generateContentStream({ model: 'gemini', contents: 'hi' }))
fromGoogle(await google.chats.create({ model: 'gemini' }).sendMessageStream({ message: 'hi' }))

const result = streamText({ model: createOpenAI().chat('gpt'), prompt: 'hi' })
fromAISDK(result.fullStream)
fromAISDK(result.toUIMessageStream())
