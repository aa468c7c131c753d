import type { Branch, Turn } from '@rejoin/core'
import { defineComponent, h } from 'vue'
import { rendered } from '../../../core/test/bindings/host.ts'
import { useActions, useBranch, useMessage, useMessages, useTurns } from '../../src/index.ts'

const Line = defineComponent(
  (props: { id: string }) => {
    const message = useMessage(() => props.id)
    const { regenerate } = useActions()
    return () => {
      rendered(`row:${props.id}`)
      const { role, text } = message.value ?? {}
      return h(
        'p',
        { 'data-row': props.id, 'data-role': role, onClick: () => void regenerate(props.id) },
        text,
      )
    }
  },
  { props: ['id'] },
)

export const Rows = defineComponent(() => {
  const messages = useMessages()
  return () => {
    rendered('list')
    return h(
      'div',
      messages.value.map(({ id }) => h(Line, { id, key: id })),
    )
  }
})

/** The same as the versions of a turn, by `useBranch`. */
const Switch = defineComponent(
  (props: { id: string }) => {
    const { versions, index, select } = useBranch(() => props.id)
    const onClick = () => select((index.value + 1) % versions.value.length)
    return () =>
      h('button', { 'data-switch': props.id, onClick }, `${index.value + 1}/${versions.value.length}`)
  },
  { props: ['id'] },
)

const TurnRow = defineComponent(
  (props: { turn: Turn; choose: (version: string) => void }) => {
    const versionsOf = (name: string, branch: Branch | undefined) =>
      branch?.versions.map((version, i) =>
        h(
          'button',
          {
            key: version,
            'data-version': `${name} ${i}`,
            'data-shown': i === branch.index,
            onClick: () => props.choose(version),
          },
          i,
        ),
      )
    return () => {
      const { id, promptId, responseIds, promptVersions, answerVersions } = props.turn
      rendered(`row:${id}`)
      return h('section', { 'data-turn': id }, [
        promptId !== undefined && h(Line, { id: promptId }),
        versionsOf('prompt', promptVersions),
        responseIds.map((responseId) => h(Line, { id: responseId, key: responseId })),
        versionsOf('answer', answerVersions),
        responseIds.map((responseId) => h(Switch, { id: responseId, key: responseId })),
      ])
    }
  },
  { props: ['turn', 'choose'] },
)

export const Turns = defineComponent(() => {
  const { turns, choose } = useTurns()
  return () => {
    rendered('list')
    return h(
      'div',
      turns.value.map((turn) => h(TurnRow, { turn, choose, key: turn.id })),
    )
  }
})
