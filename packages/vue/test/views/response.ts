import type { Part } from '@rejoin/core'
import { defineComponent, h } from 'vue'
import { rendered } from '../../../core/test/bindings/host.ts'
import { useResponse, useSession } from '../../src/index.ts'

export const Answer = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => h('p', { 'data-answer': '', 'data-status': response.value?.status }, response.value?.text)
  },
  { props: ['id'] },
)

export const Newest = defineComponent(() => {
  const response = useResponse()
  return () => {
    rendered('newest')
    return h('p', { 'data-answer': '' }, response.value?.text)
  }
})

const Status = defineComponent(
  (props: { id: string }) => {
    const status = useResponse(
      () => props.id,
      (response) => response.status,
    )
    return () => {
      rendered('status')
      return h('p', { 'data-status': '' }, status.value)
    }
  },
  { props: ['id'] },
)

const Length = defineComponent(
  (props: { id: string }) => {
    // A new object each time, as people write it.
    const measured = useResponse(
      () => props.id,
      ({ text }) => ({ length: text.length }),
    )
    return () => {
      rendered('length')
      return h('p', { 'data-length': '' }, measured.value?.length)
    }
  },
  { props: ['id'] },
)

export const Selected = defineComponent(
  (props: { id: string }) => () => {
    rendered('list')
    return [h(Status, { id: props.id }), h(Length, { id: props.id })]
  },
  { props: ['id'] },
)

export const Gaps = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => {
      const missing = response.value?.gaps.map((gap) => gap.missing).join()
      return h(
        'p',
        { 'data-answer': '', 'data-verified': response.value?.verified, 'data-missing': missing },
        response.value?.text,
      )
    }
  },
  { props: ['id'] },
)

export const Parts = defineComponent(
  (props: { id: string }) => {
    const parts = useResponse(
      () => props.id,
      (response) => response.parts,
    )
    const { addToolOutput, addToolApprovalResponse } = useSession()
    const onResult = ({ toolCallId }: { toolCallId: string }) =>
      void addToolOutput({ responseId: props.id, toolCallId, tool: 'place', output: 'Ghent' })
    const onApproval = ({ toolCallId }: { toolCallId: string }) =>
      void addToolApprovalResponse({ responseId: props.id, toolCallId, approved: true })
    const item = (part: Part) =>
      h('li', { key: part.id, 'data-type': part.type }, [
        describe(part),
        'toolCallId' in part && h('button', { onClick: () => onResult(part) }, 'Result'),
        'toolCallId' in part && h('input', { type: 'button', onClick: () => onApproval(part) }),
      ])
    return () => h('ol', parts.value?.map(item))
  },
  { props: ['id'] },
)

function describe(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  if ('toolCallId' in part)
    return [part.state, part.input, part.output].map((x) => JSON.stringify(x)).join(' ')
  return JSON.stringify(
    'data' in part ? part.data : 'url' in part ? part.url : part.type === 'custom' ? part.kind : part.title,
  )
}
