/** What stands in place of a message that could not be shown. */
export const unshown = 'This message could not be shown. The rest of the conversation is not affected.'
