declare module '*.svelte' {
  import type { Component } from 'svelte'

  // oxlint-disable-next-line typescript/no-explicit-any -- as svelte's own declaration says
  const component: Component<any>
  export default component
}
