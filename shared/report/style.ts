/**
 * The report's style sheet; light and dark follow the reader's system.
 * @module
 */

/** CSS text. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2f6db5; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1d2430; background: #fbfbf9; }
header { padding: 2.2rem clamp(1rem, 5vw, 4rem) 1.2rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -.01em; }
h2 { margin: 0 0 .2rem; font-size: 1.15rem; }
header p, .note { margin: .2rem 0 1rem; color: #5d6675; max-width: 75ch; }
main { padding: 1rem clamp(1rem, 5vw, 4rem) 4rem; max-width: 1180px; }
section { margin: 2rem 0; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin-bottom: 1.2rem; }
.tile { flex: 1 1 200px; padding: .9rem 1.1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--soft); }
.tile b { display: block; font-size: 1.9rem; font-variant-numeric: tabular-nums; color: var(--accent); }
.tile span { display: block; font-weight: 600; }
small { color: #6d7686; font-size: .8em; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: #5d6675; }
.stacks { margin: .8rem 0; overflow-x: auto; }
.stacks .label { display: none; }
.matrix td { padding: .2rem .25rem; text-align: center; vertical-align: middle; }
.matrix td:first-child { text-align: left; padding-right: 1rem; }
.versions td:last-child { min-width: 11rem; max-width: 34rem; }
.why { margin: 0; font-size: .92em; }
.versions td:nth-child(5) { min-width: 13.5rem; }
code { font-size: .92em; padding: .05em .3em; border-radius: 4px; background: var(--soft); overflow-wrap: anywhere; }
.cell { display: block; min-width: 6.2rem; padding: .35rem .5rem; border-radius: 6px; color: #14202b; }
.cell b { display: block; font-size: 1.1rem; }
.cell small { color: #33404d; }
.reasons { margin: .2rem 0; padding-left: 1rem; font-size: .8em; }
.observed { color: #c0394b; }
.empty { color: #99a; }
.pair { display: flex; flex-wrap: wrap; gap: 1.2rem; }
.pair > * { flex: 1 1 420px; margin: 0; max-width: 520px; }
figure h2 { font-size: .95rem; font-weight: 600; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--accent); }
.problems { border-left: 4px solid #c0394b; padding-left: 1rem; }
svg { max-width: 100%; height: auto; }
/* A row of a wide table is a block here, each cell with its head before it. */
@media (max-width: 700px) {
  .stacks thead { display: none; }
  .stacks table, .stacks tbody, .stacks tr { display: block; }
  .stacks tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .stacks table td { display: flex; gap: .8rem; padding: .12rem 0; border: 0; min-width: 0; max-width: none; }
  .stacks td > :last-child { min-width: 0; overflow-wrap: anywhere; }
  .stacks .label { display: block; flex: 0 0 8.5rem; color: #5d6675; }
  .stacks .matrix tr { display: flex; flex-wrap: wrap; gap: .5rem; }
  .stacks .matrix td { flex: 0 1 9.2rem; flex-direction: column; gap: .1rem; text-align: left; }
  .stacks .matrix td:first-child { flex-basis: 100%; flex-direction: row; gap: .4rem; padding: 0; }
  .stacks .matrix td:has(.empty) { display: none; }
  .cell { min-width: 0; padding: .35rem .3rem; white-space: nowrap; }
  .stacks .matrix .label { flex-basis: auto; font-size: .85em; }
}
@media (prefers-color-scheme: dark) {
  body { color: #e4e7ec; background: #15181d; }
  header p, .note, th, small, .stacks .label { color: #9aa4b2; }
  :root { --accent: #7fb2ea; }
}
`;
