const code = (name: string) => `\`\`\`ts
import { createSession, history } from '@rejoin/core'

/** What ${name} keeps between two visits. */
export interface ${name}State {
  readonly id: string
  readonly words: readonly string[]
  updatedAt: number
}

export async function open${name}(channelName: string): Promise<${name}State> {
  const session = createSession({ client, channelName, hydrate: history({ limit: 200 }) })
  await session.ready
  const words: string[] = []
  for (const { id, role } of session.getSnapshot().messages) {
    if (role !== 'assistant') continue
    // A response that is still streaming has only what arrived so far.
    words.push(...(session.getResponse(id)?.text.split(/\\s+/) ?? []))
  }
  return { id: channelName, words, updatedAt: Date.now() }
}
\`\`\`
`

const table = (unit: string) => `| Part | What it does | ${unit} | Share |
|:--|:--|--:|--:|
| Channel | orders messages and keeps them for a while | 120 | 34 % |
| Reader | joins pieces, finds gaps and fills them | 84 | 24 % |
| View | renders the last *paragraph* again | 77 | 22 % |
| Database | keeps whole answers with \`responseId\` | 41 | 12 % |
| Everything else | presence, prompts, **decisions** | 28 | 8 % |
`

const prose = `## Where a token goes

A token travels from the model to the agent, from there to a **channel**, and from the channel to every device that looks. On each of these ways it may be *late*, come twice, or be refused; see [the guide](https://ably.com/docs/ai-transport) for what the service promises. What a person sees must be right all the same, so the reader counts characters with \`end\`, compares a checksum, and marks what is missing instead of joining what does not belong together.

1. The agent publishes a piece without waiting for the last one.
2. The service joins pieces that come close together.
   - It does so only while nobody reads the history.
   - A reader cannot tell where one ended and the next began.
3. The page shows them with the next frame, \`16.7 ms\` later at most.

> A page that shows half a sentence and says so is better than one that shows a whole sentence which nobody wrote.
`

const arabic = `## كيف تصل الكلمات

تنتقل كل كلمة من النموذج إلى **الوكيل**، ومنه إلى القناة، ثم إلى كل جهاز ينظر إليها. قد تتأخر الكلمة أو تصل مرتين أو تُرفض، ومع ذلك يجب أن يكون ما يراه القارئ صحيحًا. لذلك يعدّ القارئ الحروف بواسطة \`end\` ويقارن المجموع، ويضع علامة على ما ينقص بدل أن يصل بين ما لا يتصل.

- القناة ترتب الرسائل وتحفظها مدة من الزمن.
- القارئ يجمع الأجزاء ويجد الثغرات ويملؤها.
- الصفحة تعرض الفقرة الأخيرة فقط من جديد.
`

const japanese = `## 言葉が届くまで

一つ一つの言葉は、モデルからエージェントへ、そこから**チャンネル**へ、そして画面を見ているすべての端末へと運ばれます。途中で遅れたり、二度届いたり、拒否されたりすることもありますが、人が目にするものは正しくなければなりません。そこで読み手は\`end\`で文字数を数え、チェックサムを比べ、つながらないものをつなぐ代わりに、足りない部分に印を付けます。

- チャンネルはメッセージを順番に並べ、しばらく保存します。
- リーダーは断片をつなぎ、欠けた部分を見つけて埋めます。
- ページは最後の段落だけをもう一度描きます。
`

/** Three long answers of what chats show, each in another order. */
export const texts: readonly string[] = [
  [prose, code('Lighthouse'), table('KiB'), arabic, japanese],
  [table('ms'), prose, japanese, code('Harbour'), arabic],
  [arabic, code('Beacon'), prose, table('µs'), japanese],
].map((parts) => [...parts, ...parts].join('\n'))
