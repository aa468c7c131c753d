/** Enter in a field sends its form; with Shift, it begins a line. */
export function submitOnEnter(event: KeyboardEvent): void {
  const { key, shiftKey, isComposing, target } = event
  // While an input method composes a word, Enter belongs to it.
  if (key !== 'Enter' || shiftKey || isComposing || !(target instanceof HTMLTextAreaElement)) return
  event.preventDefault()
  target.form!.requestSubmit()
}
