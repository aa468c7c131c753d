/** Follows the reader's colours; a page that has its own says `rejoin-inspector { color-scheme: dark }`. */
export const style = `
:host {
  --paper: light-dark(#ffffff, #16181d);
  --raised: light-dark(#f4f5f7, #20232a);
  --ink: light-dark(#1c1f26, #e8eaee);
  --faint: light-dark(#5b616e, #a2a9b6);
  --line: light-dark(#dcdfe5, #363b45);
  --accent: light-dark(#2457d6, #7ea6ff);
  --past: light-dark(#7b6bb8, #b3a3ee);
  --bad: light-dark(#b3261e, #ff8a80);
  --gap: light-dark(#a15c00, #f0b04a);
  --good: light-dark(#1d7a46, #5fd08f);
  color-scheme: light dark;
  display: block;
  color: var(--ink);
  font: 13px/1.45 system-ui, sans-serif;
  text-align: start;
}
:host([hidden]), [hidden] { display: none !important; }
:host([docked]) {
  position: fixed;
  z-index: 2147483000;
  inset: auto 8px 8px auto;
  width: min(560px, calc(100vw - 16px));
  pointer-events: none;
}
:host([docked]) section {
  pointer-events: auto;
  max-height: min(80vh, 720px);
  margin-inline-start: auto;
  width: fit-content;
  max-width: 100%;
  box-shadow: 0 6px 24px rgb(0 0 0 / 0.22);
}
:host([docked]) section:has(.body:not([hidden])) { width: 100%; }
* { box-sizing: border-box; }
section {
  display: flex;
  flex-direction: column;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--paper);
}
header, .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; }
header { padding: 4px 8px; background: var(--raised); }
.body { display: flex; min-height: 0; container-type: inline-size; flex-direction: column; gap: 10px; padding: 10px 12px 12px; }
button, select {
  min-height: 32px;
  padding: 2px 10px;
  border: 1px solid var(--line);
  border-radius: 7px;
  background: var(--paper);
  color: inherit;
  font: inherit;
  cursor: pointer;
}
button[aria-pressed=true] { border-color: var(--accent); background: var(--accent); color: var(--paper); }
.fold { flex: 1; border-color: transparent; background: none; font-weight: 600; text-align: start; white-space: nowrap; }
.fold::before { content: '▸'; display: inline-block; width: 1.2em; }
.fold[aria-expanded=true]::before { content: '▾'; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.status { color: var(--faint); }
.status::before {
  content: '';
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-inline-end: 6px;
  border-radius: 50%;
  background: var(--gap);
}
[data-status=live] .status::before { background: var(--good); }
[data-status=failed] .status::before { background: var(--bad); }
[data-status=closed] .status::before, [data-status=''] .status::before { background: var(--faint); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 4px 12px; margin: 0; }
dt { color: var(--faint); font-size: 12px; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
figure { margin: 0; }
figcaption { margin-top: 2px; color: var(--faint); font-size: 12px; }
.picture { display: block; width: 100%; overflow: visible; }
.picture text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.time { font-variant-numeric: tabular-nums; }
.rule, .grid { stroke: var(--line); }
.grid { stroke-dasharray: 2 4; }
.tick.arrived, .tick.stored { fill: var(--accent); }
.tick.past { fill: var(--past); }
.tick.waiting { fill: var(--faint); }
.tick.ignored, .tick.refused { fill: var(--bad); }
.bar.gap.open { fill: var(--gap); }
.bar.gap.closed { fill: var(--good); }
.bar.away { fill: var(--bad); }
.bar.agent { fill: var(--accent); opacity: 0.55; }
.mark line { stroke: var(--ink); }
.mark rect { fill: var(--ink); }
.rows { min-height: 0; max-height: 320px; margin: 0; padding: 0; overflow: auto; scrollbar-width: thin; border-top: 1px solid var(--line); list-style: none; }
:host([docked]) .rows { min-height: 120px; }
.rows li { border-bottom: 1px solid var(--line); }
summary {
  display: grid;
  grid-template-columns: max-content minmax(7ch, 14ch) 1fr auto;
  gap: 8px;
  /* Room for scrollbars that lie over what they scroll. */
  padding: 5px 14px 5px 4px;
  cursor: pointer;
  list-style: none;
}
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--raised); }
summary:focus-visible { outline-offset: -2px; }
summary > * { min-width: 0; overflow-wrap: anywhere; }
time, .size { color: var(--faint); font-variant-numeric: tabular-nums; }
time { white-space: nowrap; font-size: 12px; }
.size { text-align: end; }
.what { font-weight: 600; }
[data-kind=gap] .what { color: var(--gap); }
[data-kind=healed] .what { color: var(--good); }
[data-kind=ignored] .what, [data-kind=error] .what { color: var(--bad); }
[data-kind=past] .what { color: var(--past); }
[data-kind=message] .what, [data-kind=publish] .what { color: var(--accent); }
[data-show=events] :is([data-kind=message], [data-kind=past], [data-kind=publish]),
[data-show=trouble] li:not([data-kind=gap], [data-kind=healed], [data-kind=ignored], [data-kind=error], [data-kind=connection], [data-kind=mark]) { display: none; }
.raws { padding: 0 4px 8px; }
.raws p { margin: 2px 0 4px; color: var(--faint); font-size: 12px; }
pre {
  margin: 0 0 6px;
  padding: 8px;
  border-radius: 6px;
  background: var(--raised);
  font: 12px/1.5 ui-monospace, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
:host([compact]) :is(header, .controls, .facts) { display: none; }
:host([compact]) section { border: 0; border-radius: 0; background: none; }
:host([compact]) .body { gap: 6px; padding: 0; }
/* Whole rows: each is as high as any other. */
:host([compact]) { --row: calc(1.45em + 11px); --shown: 4; }
:host([compact]) .rows { max-height: calc(var(--shown) * var(--row) + 1px); }
:host([compact]) summary { height: calc(var(--row) - 1px); align-content: start; white-space: nowrap; }
:host([compact]) summary > * { overflow: hidden; text-overflow: ellipsis; }
:host([compact]) .text { font-size: 12px; }
@container (max-width: 480px) {
  :host([compact]) .rows { --row: calc(2.9em + 13px); --shown: 2; }
  .time.between { display: none; }
  summary { grid-template-columns: max-content 1fr auto; row-gap: 2px; }
  .text { grid-row: 2; grid-column: 1 / -1; }
  .text:empty { display: none; }
}
@container (max-width: 240px) {
  .time.second { display: none; }
}
`
