/** The style of the page: one warm accent, system fonts, light and dark by the reader's own setting. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f8f4ee, #16120f);
  --card: light-dark(#fffdfa, #201a16);
  --sunken: light-dark(#fbf8f3, #1a1512);
  --text: light-dark(#2a211b, #f2e9e0);
  --soft: light-dark(#6d5f54, #b3a396);
  --line: light-dark(#e6dccf, #3a3028);
  --control: light-dark(#8f7f70, #86766a);
  --accent: light-dark(#a8480f, #f2a65a);
  --on-accent: light-dark(#fff, #241406);
  --glow: light-dark(#f3dcc3, #3a2413);
  --bad: light-dark(#a4161a, #ff9d94);
  --bad-ground: light-dark(#fdecea, #3a1a18);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column;
  background: radial-gradient(60rem 28rem at 50% -12rem, var(--glow), transparent) no-repeat, var(--ground);
  color: var(--text); line-height: 1.6; font-size: 16px;
  font-family: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Apple SD Gothic Neo', 'Noto Sans KR',
    'Noto Sans CJK KR', 'Malgun Gothic', sans-serif;
}
:lang(ko) { word-break: keep-all; overflow-wrap: anywhere; }
header, main, footer { width: 100%; max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; align-items: center; gap: 1rem; padding-top: 1.5rem; padding-bottom: .5rem; }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: -.01em; font-size: 1.1rem; }
.brand svg { width: 2rem; height: 2rem; color: var(--accent); }
.brand small { color: var(--soft); font-weight: 450; font-size: .95rem; }
.steam path { animation: steam 3.2s ease-in-out infinite; }
.steam path:nth-child(2) { animation-delay: .5s; }
.steam path:nth-child(3) { animation-delay: 1s; }
@keyframes steam { 0%, 100% { opacity: .25; transform: translateY(1px); } 50% { opacity: 1; transform: translateY(-1px); } }
.settings { margin-left: auto; display: flex; gap: .6rem; align-items: center; min-width: 0; }
.intro { padding: 1.2rem 0 1.4rem; }
h1 { font-size: clamp(1.7rem, 4vw, 2.4rem); line-height: 1.2; letter-spacing: -.025em; margin: 0 0 .35rem; text-wrap: balance; }
.intro p { margin: 0; color: var(--soft); max-width: 44rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 1.25rem; align-items: stretch; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.1rem 1.2rem 1.2rem;
  display: flex; flex-direction: column; gap: .75rem; min-height: 34rem; min-width: 0;
  box-shadow: 0 1px 2px rgb(60 30 0 / .04), 0 8px 28px rgb(60 30 0 / .05);
}
.head { display: flex; align-items: center; justify-content: space-between; gap: .75rem; min-height: 2rem; }
.head label, h2 { font-size: .95rem; font-weight: 620; margin: 0; }
.note { color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; }
textarea {
  flex: 1; width: 100%; min-height: 14rem; resize: vertical; font: inherit; line-height: 1.65; color: inherit;
  background: var(--sunken); border: 1px solid var(--control); border-radius: .7rem; padding: .8rem .95rem;
}
textarea::placeholder { color: var(--soft); opacity: .85; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
button, select {
  font: inherit; font-size: .92rem; color: inherit; background: transparent; border: 1px solid var(--control);
  border-radius: .6rem; padding: .38rem .8rem; cursor: pointer; min-height: 2.25rem;
}
select { max-width: 20rem; background: var(--card); text-overflow: ellipsis; }
button:hover, select:hover { border-color: var(--accent); }
.chip { border-radius: 2rem; font-size: .85rem; padding: .2rem .8rem; min-height: 2rem; border-color: var(--line); background: var(--sunken); }
.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 620; padding: .45rem 1.25rem; }
.main:hover { filter: brightness(1.08); }
.quiet { margin-right: -.6rem; border-color: transparent; color: var(--soft); font-size: .85rem; padding: .2rem .6rem; min-height: 2rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
textarea:focus-visible { outline-width: 2px; outline-offset: -1px; }
kbd { font: inherit; font-size: .82rem; border: 1px solid var(--line); border-radius: .35rem; padding: .05rem .4rem; background: var(--sunken); white-space: nowrap; }
.result { flex: 1; font-size: 1.18rem; line-height: 1.7; white-space: pre-wrap; overflow-wrap: anywhere; }
.result.waiting { color: var(--soft); font-size: 1rem; }
.result.writing::after {
  content: ''; display: inline-block; width: .5ch; height: 1.05em; margin-left: .15ch; vertical-align: text-bottom;
  background: var(--accent); border-radius: 2px; animation: blink 1s steps(2) infinite;
}
@keyframes blink { 50% { opacity: 0; } }
.problem { margin: 0; padding: .7rem .9rem; border-radius: .7rem; color: var(--bad); background: var(--bad-ground); overflow-wrap: anywhere; }
.foot { display: flex; align-items: center; justify-content: space-between; gap: .75rem; min-height: 2rem; }
details { margin: 1.25rem 0 0; color: var(--soft); font-size: .9rem; }
summary { cursor: pointer; width: fit-content; border-radius: .3rem; }
pre { margin: .7rem 0 0; padding: .9rem 1.1rem; overflow-x: auto; background: var(--card); color: var(--text); border: 1px solid var(--line); border-radius: .7rem; line-height: 1.5; }
code { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace; font-size: .85rem; }
footer { padding-bottom: 2rem; }
@media (hover: none) { #shortcut { display: none; } }
@media (max-width: 52rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .card { min-height: 0; }
  .result { min-height: 8rem; }
  header { flex-wrap: wrap; }
  .settings select { min-width: 0; }
}
@media (max-width: 30rem) { header, main, footer { padding-left: 1rem; padding-right: 1rem; } .settings { width: 100%; } #model { flex: 1; } }
@media (prefers-reduced-motion: reduce) { *, *::after { animation: none !important; } }
`
