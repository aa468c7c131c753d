/** An answer written by hand: for clones without the recordings, and for what no recording shows. */
export interface Script {
  prompt: string
  reasoning?: string
  /** What the model searches the web for, before the text. */
  search?: string
  /** Code that the model runs before the text, and what the code prints. */
  code?: { source: string; output: string }
  text: string
  /** What the text cites: the quote is a part of it. */
  sources?: readonly { quote: string; title: string; url: string }[]
}

const fibonacci = `def fibonacci(count: int) -> list[int]:
    """The first \`count\` Fibonacci numbers."""
    numbers = []
    current, following = 0, 1
    for _ in range(count):
        numbers.append(current)
        current, following = following, current + following
    return numbers


def is_golden(numbers: list[int], tolerance: float = 1e-6) -> bool:
    """Whether the ratio of the last two numbers is close to the golden ratio."""
    golden = (1 + 5 ** 0.5) / 2
    return abs(numbers[-1] / numbers[-2] - golden) < tolerance


first = fibonacci(20)
print("First 20:", ", ".join(str(number) for number in first))
print("Sum:", sum(first))
print("Even:", [number for number in first if number % 2 == 0])
print("Close to the golden ratio:", is_golden(first))

# Each number is the sum of the two before it: check every one of them.
for before, middle, after in zip(first, first[1:], first[2:]):
    assert before + middle == after
print("All checks passed.")
`

const fibonacciOutput = `First 20: 0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181
Sum: 10945
Even: [0, 2, 8, 34, 144, 610, 2584]
Close to the golden ratio: True
All checks passed.
`

export const scripts: readonly Script[] = [
  {
    prompt: 'What is new in tech today?',
    search: 'new in web technology',
    text: `There is no model behind this page, so I cannot read today's news. Here is what has changed for people who build for the web, with sources that you can check.

**Time got its own type.** *Temporal* gives JavaScript dates with time zones, calendars and durations, and none of the traps of \`Date\`: months count from one, and nothing changes under your hands. It was designed over many years, and its documentation explains every choice.

**Streams are everywhere.** The Streams Standard describes how a page reads data piece by piece, with back-pressure, before all of it has arrived. Model answers are the best-known example: the first words show while the last ones are still being computed.

**Several streams over one connection.** WebTransport carries many streams and datagrams over HTTP/3, so that one lost packet holds up one stream only. On TCP, everything behind a lost packet waits.

**Less script for the same page.** Views that animate from one state to the next, popovers and dialogs are part of the platform now, and keep the keyboard and screen readers in mind.

What they have in common: connections break, packets get lost, and people reload pages. A stream without a way to rejoin it is only as good as the network on a train.`,
    sources: [
      {
        quote: 'its documentation explains every choice',
        title: 'Temporal documentation',
        url: 'https://tc39.es/proposal-temporal/docs/',
      },
      {
        quote: 'before all of it has arrived',
        title: 'Streams Standard',
        url: 'https://streams.spec.whatwg.org/',
      },
      {
        quote: 'so that one lost packet holds up one stream only',
        title: 'WebTransport',
        url: 'https://www.w3.org/TR/webtransport/',
      },
      {
        quote: 'popovers and dialogs are part of the platform now',
        title: 'HTML Standard',
        url: 'https://html.spec.whatwg.org/multipage/popover.html',
      },
    ],
  },
  {
    prompt: 'Write a Fibonacci script and run it',
    reasoning:
      'A loop is faster than recursion and easier to read. I should check the result, not only print it.',
    code: { source: fibonacci, output: fibonacciOutput },
    text: `Here is the script, and it ran without an error:

\`\`\`python
${fibonacci}\`\`\`

It printed:

\`\`\`
${fibonacciOutput}\`\`\`

- The **first 20 numbers** run from 0 to 4,181, and their sum is **10,945**. That is one less than the 22nd number, as it must be.
- Every **third number is even**: an odd and an odd number make an even one, and the pattern starts again.
- The ratio of neighbours is already within a millionth of the **golden ratio**.

A loop keeps two numbers and needs no more. The recursive version from the textbooks would compute the small numbers again and again: 13,529 calls for the 20th alone.`,
  },
  {
    prompt: 'Divide 925 by 5, thinking first',
    reasoning:
      '925 is 900 and 25. A fifth of 900 is 180, a fifth of 25 is 5. Together that is 185. Check: 185 times 5 is 925.',
    text: '925 divided by 5 is **185**.',
  },
  {
    prompt: 'Summarise the tech news',
    search: 'web platform news this month',
    text: `I cannot read the news without a model, but I can show how a summary with sources looks.

1. **Appending to a message.** A realtime channel can hold one message that grows. An answer of two thousand tokens is then one message in the history, not two thousand.
2. **Rejoining a stream.** A client that was away asks for what it missed. The channel's history has it, in order, with the version of each message.
3. **Knowing what is missing.** If every piece says how long the text is after it, a reader notices a lost piece at once, and can say how many characters it lacks.

The first two are features of the channel. The third is a convention between the agent and its readers, and it costs a number per piece.

In short: the network may do what it likes, as long as the text says how long it ought to be. Everything else, from marking the gap to filling it in place, follows from that one number.`,
    sources: [
      {
        quote: 'one message that grows',
        title: 'Ably: message appends',
        url: 'https://ably.com/docs/messages/updates-deletes',
      },
      {
        quote: "The channel's history has it",
        title: 'Ably: history',
        url: 'https://ably.com/docs/storage-history/history',
      },
    ],
  },
  {
    prompt: 'Invent a holiday',
    text: `## The Day of the Second Draft

**When:** the last Friday of February, when nobody expects anything any more.

**What for:** everything that was good enough, and could be better. A letter that was never sent. A recipe that lacked salt. A shelf that leans.

### How it is kept

- In the morning everybody picks *one* thing they finished in a hurry. One, not two: the day is short.
- Until noon nobody may begin anything new. Shops sell thread, glue and sandpaper, but no kits.
- At four, neighbours exchange drafts and read them aloud. Praise comes first, then a single suggestion.
- In the evening there is soup from what is left in the kitchen, which is by tradition better than the first one.

### What is forbidden

Starting over. The point is to mend what is there. Whoever throws a draft away has to wash the dishes.

### A saying

> The first is for having it. The second is for keeping it.

Children like the day because adults admit their mistakes. Adults like it because it ends with soup.`,
  },
  {
    prompt: 'Roll two dice ten thousand times',
    code: {
      source: `import random
from collections import Counter

random.seed(2026)
rolls = Counter(random.randint(1, 6) + random.randint(1, 6) for _ in range(10_000))
for total in range(2, 13):
    print(f"{total:>2}  {'#' * (rolls[total] // 50)}")
`,
      output: ` 2  #####
 3  ###########
 4  ################
 5  ########################
 6  ###########################
 7  ################################
 8  ###########################
 9  #####################
10  ################
11  ##########
12  ######
`,
    },
    text: `Ten thousand rolls of two dice give the pyramid you would expect:

| Sum | Ways | Chance |
|---|---|---|
| 2 or 12 | 1 each | 2.8 % |
| 3 or 11 | 2 each | 5.6 % |
| 4 or 10 | 3 each | 8.3 % |
| 5 or 9 | 4 each | 11.1 % |
| 6 or 8 | 5 each | 13.9 % |
| 7 | 6 | 16.7 % |

**Seven** is the most frequent sum, because six of the thirty-six pairs make it. The two ends are six times rarer. With more rolls the sides of the pyramid get smoother, but slowly: half the noise takes four times the rolls.`,
  },
  {
    prompt: 'Who won the New York mayoral race?',
    text: `I cannot look that up: there is no model behind this page, and an answer written by hand would be out of date sooner or later. The Board of Elections of the City of New York publishes the certified results.

With \`OPENAI_API_KEY\` or \`ANTHROPIC_API_KEY\` set, the same page asks a real model.`,
  },
  {
    prompt: 'What is an embedding model?',
    text: `An **embedding model** turns text into a list of numbers, so that texts with a similar meaning get similar lists.

Think of a map. Two villages that lie close to each other share the weather and the dialect, whatever their names are. An embedding gives every sentence a place on such a map, only with some hundreds of dimensions instead of two.

- *Search:* the question gets a place too, and the nearest texts are read first. It finds "how do I cancel" on a page that only says "ending your subscription".
- *Grouping:* texts that lie together are about the same thing.
- *Noticing what is odd:* a text far from all others is worth a look.

Distance is usually measured as the angle between two lists: zero when they point the same way. The numbers by themselves mean nothing, and lists of two different models cannot be compared.`,
  },
  {
    prompt: 'How does this page survive a refresh?',
    reasoning:
      '**Where the answer lives**\n\nThe page asks what happens to a stream when its reader goes away. I should say where the text is kept, who puts it together, and what a reader does when it comes back.',
    text: `An answer lives on a **channel**, not in your browser's connection. The agent publishes it there piece by piece, and anyone who comes later, or comes back, reads it from the start.

When this page opens, it does four things:

1. It attaches to the conversation's channel, so that nothing new can be missed.
2. It loads what is finished from the database.
3. It reads the channel's past for what is still being written.
4. It merges all three by *version*, so that no text is doubled and none is lost.

Every piece says how far the text has come. A reader that sees \`end: 120\` after it has shown 100 characters, and receives only 12, knows that **8 are missing**, and where:

\`\`\`ts
const response = useResponse(id)

response.text    // what is known
response.hasGap  // true while something is missing
response.gaps    // [{ from: 100, to: 100, missing: 8 }]
\`\`\`

When a publish was refused, the agent notices and sends the full text again. The gap closes where it was, and nothing that you have already read moves.

| What happens | What you see |
|---|---|
| Refresh | the whole answer so far, at once |
| Second tab | the same answer, live |
| Publish lost | a mark, then the missing text |
| Offline | "reconnecting", then the rest |

Try it: press **Drop the next message** while this is being written. 🙂`,
  },
  {
    prompt: 'How far does a lighthouse shine?',
    text: String.raw`As far as the Earth lets it. A lamp at the height $h$ above the sea shows as far as the line of sight touches the water, at the distance $d$. With the radius $R$ of the Earth, Pythagoras says

$$
d = \sqrt{(R + h)^2 - R^2} = \sqrt{2Rh + h^2} \approx \sqrt{2Rh}
$$

because $h$ is small beside $R$. With $R = 6371\,\text{km}$ and $h$ in metres, that is

\[ d \approx 3.57\,\sqrt{h}\ \text{km} \]

| Height of the lamp | Seen from the water |
|--:|--:|
| $10\,\text{m}$ | $11.3\,\text{km}$ |
| $40\,\text{m}$ | $22.6\,\text{km}$ |
| $100\,\text{m}$ | $35.7\,\text{km}$ |

Four times as high, and it shines twice as far: $\sqrt{4h} = 2\sqrt{h}$. A lamp of $40\,\text{m}$ costs more than $5, though.`,
  },
  {
    prompt: 'Tell me a long story about a lighthouse',
    reasoning:
      '**A story with a shape**\n\nA keeper, a light, a message that arrives in pieces. Keep it calm.',
    text: `## The keeper of Skerry Light

Marit had kept the light on Skerry for nineteen winters when the letters began to arrive in pieces.

The first came with the herring boat: half a page, torn at a slant, that said only *"…and when you see it, answer with two short and one long."* There was no name on it. She laid it in the tin above the stove and forgot it until spring.

The second came in April, inside a bottle that had been at sea for years. It fitted the first along the tear, as a key fits. *"To whoever keeps the light,"* it began, *"we have lost count of the nights."*

She put the two together on the table and read the gap between them. It was not wide. Perhaps ten words were missing, perhaps twelve. She knew exactly where they belonged, and nothing of what they said.

> A gap that you can see the edges of, her father used to say, is already half mended.

So she did what a keeper does. She lit the lamp, and waited for the rest.

It took the whole summer. Pieces came out of order: a corner in a gull's nest, a line copied by a priest two islands away, the same sentence three times over in three hands. She kept each one, and laid it where its edges matched, and threw away what she already had. Once a storm took her roof and a week of letters with it. She wrote to the priest, and he sent them all again.

In September the last piece came, and it was the whole letter, copied out by a careful hand. She read it through and found that she had guessed nothing wrong, because she had never guessed. She had only left the gaps open.

That night she went up to the lamp room and answered. Two short. One long.

Far out, where the charts show nothing but depth, a light replied.`,
  },
  {
    prompt: 'Try to attack this page',
    text: `Here is everything a hostile model might try. None of it should do anything.

<script>globalThis.attacked = 'script'</script>

<img src="x" onerror="globalThis.attacked = 'image'">

<svg onload="globalThis.attacked = 'svg'"><animate onbegin="globalThis.attacked = 'animate'" attributeName="x"></svg>

<iframe srcdoc="<script>parent.attacked = 'frame'</script>"></iframe>

<a href="javascript:globalThis.attacked = 'raw link'">a raw link</a>

[a link](javascript:globalThis.attacked='link') and [another](JaVaScRiPt:globalThis.attacked='case') and
[one with a line](java\nscript:globalThis.attacked='newline') and [data](data:text/html,<script>1</script>)

![a picture](https://example.com/tracker.png?who=you)

<style>body { display: none }</style>
<form action="https://example.com"><button>Send</button></form>
<math><mtext><table><mglyph><style><img src=x onerror="globalThis.attacked = 'mutation'"></style></mglyph></table></mtext></math>

\`\`\`html
<script>globalThis.attacked = 'code'</script>
\`\`\`

| a | b |
|---|---|
| <b onmouseover="globalThis.attacked = 'cell'">cell</b> | \uE0F0g0\uE0F1 |

[a real link](https://example.com/page) still works.`,
  },
]

/** For a prompt that nothing was written or recorded for: an answer to another question would only confuse. */
export const withoutModel: Omit<Script, 'prompt'> = {
  text: `I cannot answer that: **no model is connected to this page**. With \`OPENAI_API_KEY\` or \`ANTHROPIC_API_KEY\` set, a real one answers. Until then this text stands in for an answer, and it is long enough for what the page is about: whether an answer arrives whole, whatever happens on the way.

While it is being written, you can try to break it:

1. **Refresh the page.** What was written so far is back at once, and the rest goes on appearing.
2. **Open the page in a second tab.** Both show the same text at the same time, and either can stop it.
3. **Drop your connection.** The agent goes on writing. When the connection is back, what you missed is there.
4. **Drop the next message.** A piece of the text is refused on its way. You see where it is missing and how much, until the agent notices and fills the gap.
5. **Kill the agent.** Its process dies in the middle of a word. The next process reads how far the text had come, and goes on from there.

When the answer is complete, the agent says how long the text is and publishes a checksum. The page compares both with what it shows. If they agree, you see exactly what was written, to the last character.

The suggestions of a new conversation have answers of their own: some think first, some run code or search the web, some ask you to decide.`,
}
