// The browser reads and encodes addresses; `../../address.ts` says which of them are links.

interface Address {
  address: string
  hostname?: string
}

export const parse = (address: string): Address => ({ address })
export const format = ({ address }: Address): string => address
export const encode = (part: string): string => part
export const decode = Object.assign((part: string): string => part, { defaultChars: '' })
