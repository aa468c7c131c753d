import type { DataPart, Part, ResponseState, Session, SessionEvents, ToolPart } from '@rejoin/core'
import { expectTypeOf } from 'vitest'
import { useResponse, useSession } from '../../src/index.ts'
import type { Weather } from './register.ts'

// One registration types the parts wherever they are met.
expectTypeOf<ToolPart['type']>().toEqualTypeOf<'tool-weather' | 'tool-place'>()
expectTypeOf<DataPart['type']>().toEqualTypeOf<'data-chart'>()

function render(part: Part): void {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      expectTypeOf(part.text).toBeString()
      break
    case 'tool-weather':
      expectTypeOf(part.input).toEqualTypeOf<{ city: string } | undefined>()
      expectTypeOf(part.output).toEqualTypeOf<Weather | undefined>()
      break
    case 'tool-place':
      expectTypeOf(part.output).toEqualTypeOf<string | undefined>()
      break
    case 'data-chart':
      expectTypeOf(part.data).toEqualTypeOf<{ points: number[] }>()
      break
    case 'source-url':
      expectTypeOf(part.url).toBeString()
      break
    case 'dynamic-tool':
      expectTypeOf(part.toolName).toBeString()
      break
    case 'custom':
      expectTypeOf(part.kind).toBeString()
      break
    case 'file':
    case 'reasoning-file':
    case 'source-document':
      expectTypeOf(part.mediaType).toBeString()
      break
    default:
      // Nothing is left.
      expectTypeOf(part).toBeNever()
  }
}

for (const part of useResponse('a').value!.parts) render(part)
useResponse('a', (response) => response.parts.forEach(render))
useSession().session.value.getResponse('a')?.parts.forEach(render)
expectTypeOf<ReturnType<Session['getResponse']>>().toEqualTypeOf<ResponseState | undefined>()
expectTypeOf<SessionEvents['finish'][0]['response']>().toEqualTypeOf<ResponseState>()
