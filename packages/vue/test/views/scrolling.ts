import type { VNode } from 'vue'
import { defineComponent, h } from 'vue'
import { useMessage, useMessages, useOlder, useStickToEnd } from '../../src/index.ts'

/** A row as high as its text is long. */
const Tall = defineComponent(
  (props: { id: string }) => {
    const message = useMessage(() => props.id)
    return () => {
      const text = message.value?.text ?? ''
      return h('p', { 'data-row': props.id, style: { height: `${20 + text.length}px`, margin: 0 } }, text)
    }
  },
  { props: ['id'] },
)

export const End = defineComponent(() => {
  const { scroller, scrollToEnd, isAtEnd } = useStickToEnd()
  const messages = useMessages()
  // Browsers that keep the place themselves are not to help.
  const style = { height: '300px', overflowY: 'auto', overflowAnchor: 'none' } as const
  return () =>
    h('div', [
      h('div', { 'data-scroller': '', ref: scroller, style }, [
        h(
          'div',
          messages.value.map(({ id }) => h(Tall, { id, key: id })),
        ),
      ]),
      h('button', { 'data-end': isAtEnd.value, onClick: scrollToEnd }, 'End'),
    ])
})

/** A conversation is read from its end. */
function toEnd({ el }: VNode): void {
  el!.scrollTop = el!.scrollHeight
}

export const Older = defineComponent(() => {
  const { hasOlder, loading, error, loadOlder, sentinel } = useOlder()
  const messages = useMessages()
  return () =>
    h('div', { 'data-scroller': '', onVnodeMounted: toEnd, style: { height: '300px', overflowY: 'auto' } }, [
      h(
        'div',
        {
          ref: sentinel,
          style: { height: '20px' },
          'data-older': hasOlder.value,
          'data-loading': loading.value,
        },
        h('button', { onClick: () => void loadOlder() }, error.value?.message),
      ),
      h(
        'ol',
        { style: { margin: 0 } },
        messages.value.map(({ id }) =>
          h('li', { key: id, 'data-row': id, style: { height: '50px' } }, h('span', id)),
        ),
      ),
    ])
})

const OlderRows = defineComponent(() => {
  const messages = useMessages()
  return () => messages.value.map(({ id }) => h('p', { key: id, 'data-row': id }))
})

/** Reads nothing of the state. */
export const OlderList = defineComponent(() => {
  const { sentinel } = useOlder()
  return () => h('div', [h('div', { ref: sentinel }), h(OlderRows)])
})

/** A heading and the sentinel stand above the rows, in the element that stays at its end. */
export const OlderAtEnd = defineComponent(() => {
  const { sentinel } = useOlder()
  const { scroller } = useStickToEnd()
  const messages = useMessages()
  return () =>
    h('div', { 'data-scroller': '', ref: scroller, style: { height: '300px', overflowY: 'auto' } }, [
      h('h1', 'Chat'),
      h('div', { ref: sentinel, style: { height: '20px' } }),
      messages.value.map(({ id }) => h('div', { key: id, 'data-row': id, style: { height: '50px' } }, id)),
    ])
})
