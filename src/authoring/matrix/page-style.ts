/** Light and dark by the reader's own setting. Colours have a word beside them everywhere. */
export const pageStyle = `
:root { color-scheme: light dark; --ground: #fbfbfa; --panel: #ffffff; --line: #e3e2de; --ink: #22242a; --quiet: #676a73; --accent: #2f5d9b;
  --allow: #1d6b42; --allow-g: #e4f3ea; --ask: #7a5200; --ask-g: #fcf0d3; --deny: #9c2f27; --deny-g: #fbe7e5; --closed: #74404f; --closed-g: #f3e9ec; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --panel: #1d2025; --line: #33373f; --ink: #e4e6ea; --quiet: #9aa0ab; --accent: #8ab4f0;
  --allow: #8fd6ac; --allow-g: #1c3527; --ask: #efc66d; --ask-g: #3a2f16; --deny: #f2a49d; --deny-g: #42221f; --closed: #d8a9b8; --closed-g: #352730; } }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
header { padding: 20px 24px 8px; }
h1 { margin: 0; font-size: 20px; font-weight: 650; letter-spacing: -0.01em; }
.facts { margin: 2px 0 8px; color: var(--quiet); }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
.legend, .notes { margin: 8px 0; padding: 0; list-style: none; display: grid; gap: 4px 24px; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); }
.legend li { display: grid; grid-template-columns: 76px 1fr; align-items: baseline; }
.notes { display: block; padding: 8px 0 0; border-top: 1px solid var(--line); color: var(--quiet); }
noscript p { padding: 0 24px; }
#filters { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; padding: 8px 24px 12px; }
#filters label { display: grid; gap: 2px; color: var(--quiet); font-size: 12px; }
input, select, nav button { font: inherit; font-size: 14px; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 5px 9px; }
input { width: 230px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-left: auto; color: var(--quiet); font-variant-numeric: tabular-nums; }
nav span { display: flex; align-items: center; gap: 6px; }
nav button { padding: 3px 10px; cursor: pointer; }
nav button:disabled { opacity: 0.4; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { flex: 1; min-height: 0; display: flex; border-top: 1px solid var(--line); }
#frame { flex: 1; min-width: 0; overflow: auto; background: var(--panel); }
#frame > p { padding: 24px; color: var(--quiet); }
table { border-collapse: separate; border-spacing: 0; }
th, td { border-bottom: 1px solid var(--line); padding: 3px 6px; text-align: left; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--panel); vertical-align: bottom; min-width: 104px; max-width: 150px; padding: 10px 8px 8px; font-weight: 600; overflow-wrap: anywhere; }
thead th small, .alike { display: block; font-weight: 400; font-size: 12px; color: var(--quiet); }
tbody th[scope=row] { position: sticky; left: 0; z-index: 1; background: var(--panel); font-weight: 400; padding-left: 32px; padding-right: 16px; white-space: nowrap; border-right: 1px solid var(--line); }
tbody th[scope=row] small { color: var(--quiet); padding-left: 8px; font-size: 12px; }
thead th.corner { left: 0; z-index: 3; padding-left: 24px; border-right: 1px solid var(--line); color: var(--quiet); font-weight: 400; }
tbody th[scope=rowgroup] { background: var(--ground); font-weight: 600; padding: 6px 8px 6px 24px; }
tbody th[scope=rowgroup] span { position: sticky; left: 24px; }
td button { all: unset; cursor: pointer; display: block; width: 100%; }
td button:focus-visible { outline: 2px solid var(--accent); }
.cell { display: inline-block; padding: 1px 8px; border-radius: 5px; font-size: 12.5px; white-space: nowrap; justify-self: start; }
.allow { color: var(--allow); background: var(--allow-g); }
.ask { color: var(--ask); background: var(--ask-g); }
.deny { color: var(--deny); background: var(--deny-g); }
.closed { color: var(--closed); background: var(--closed-g); }
.unknown { color: var(--quiet); }
td .unknown { opacity: 0.65; }
.mark { color: var(--quiet); font-size: 11.5px; padding-left: 4px; font-family: ui-monospace, monospace; }
tbody tr:hover td, tbody tr:hover th[scope=row] { background: color-mix(in srgb, var(--accent) 7%, var(--panel)); }
td.chosen { box-shadow: inset 0 0 0 2px var(--accent); }
aside { width: 340px; overflow: auto; padding: 20px 22px; border-left: 1px solid var(--line); }
aside h2 { margin: 0 0 4px; font-size: 15px; overflow-wrap: anywhere; }
aside p { margin: 4px 0 10px; }
aside dt { margin-top: 12px; color: var(--quiet); font-size: 12px; }
aside dd { margin: 2px 0 0; overflow-wrap: anywhere; }
aside .close { float: right; font: inherit; color: var(--quiet); background: none; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
@media (max-width: 800px) { main { flex-direction: column; } aside { width: auto; max-height: 45%; border-left: 0; border-top: 1px solid var(--line); } nav { margin-left: 0; } }
@media print { body, main, #frame { display: block; height: auto; overflow: visible; } #filters, aside { display: none; } }
`;
