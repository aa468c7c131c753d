/** Whether a field may take the focus by itself: on a touch screen that would open the keyboard. */
export const mayFocus = (): boolean => matchMedia('(hover: hover) and (pointer: fine)').matches
