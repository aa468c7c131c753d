/** Copies a text, and says so for a moment where the button's words are. */
export function copyText(text: string, words: Text): void {
  const before = words.data
  const say = (said: string) => {
    words.data = said
    setTimeout(() => {
      if (words.data === said) words.data = before
    }, 1500)
  }
  navigator.clipboard.writeText(text).then(
    () => say('Copied'),
    () => say('Not allowed'),
  )
}

/** The words of the button that was pressed. */
export const wordsOf = ({ target }: Event): Text => (target as Element).closest('button')!.lastChild as Text
