declare module '*.svelte' {
  import type { Component } from 'svelte'
  const component: Component<never>
  export default component
}
