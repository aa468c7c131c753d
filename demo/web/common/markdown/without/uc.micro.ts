// The browser knows what signs are.

export const P = /\p{P}/u
export const S = /\p{S}/u
