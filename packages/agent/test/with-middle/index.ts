export { createOpenAI } from '@ai-sdk/openai'
export { GoogleGenAI } from '@google/genai'
export { streamText } from 'ai'
export { OpenAI } from 'openai'
