/** The parser wants one, and never asks it: addresses that stand in a text by themselves are found in `../render.ts`. */
export class LinkifyIt {}
