/** What the two script tags define. */
declare const Ably: typeof import('ably')
declare const Rejoin: typeof import('@rejoin/core')
