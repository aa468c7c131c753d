/** What the two script tags of the page define. */
declare const Ably: typeof import('ably')
declare const Rejoin: typeof import('@rejoin/core')
