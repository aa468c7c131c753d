/** UTF-16 code units of a message: it travels in pieces, as many as one may publish at once. */
export const longestText = 100_000
