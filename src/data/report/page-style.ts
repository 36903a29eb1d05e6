/** The style of report pages: the colours of the served page, system fonts, light and dark by the reader's setting. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f8f4ee, #16120f);
  --card: light-dark(#fffdfa, #201a16);
  --sunken: light-dark(#f3ede4, #2a221c);
  --text: light-dark(#2a211b, #f2e9e0);
  --soft: light-dark(#6d5f54, #b3a396);
  --line: light-dark(#e6dccf, #3a3028);
  --accent: light-dark(#a8480f, #f2a65a);
  --picture: light-dark(#c9682b, #e08a45);
  --quiet: light-dark(#cdb9a3, #6b594b);
  --glow: light-dark(#f3dcc3, #3a2413);
  --bad: light-dark(#a4161a, #ff9d94);
  --lost: light-dark(#b9838a, #a0605f);
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; padding-bottom: 3rem; color: var(--text); line-height: 1.55; font-size: 16px;
  background: radial-gradient(60rem 26rem at 50% -12rem, var(--glow), transparent) no-repeat, var(--ground);
  font-family: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Apple SD Gothic Neo', 'Noto Sans KR',
    'Noto Sans CJK KR', 'Malgun Gothic', sans-serif;
}
header, main, footer { width: 100%; max-width: 74rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.6rem; }
.brand { margin: 0 0 .5rem; color: var(--accent); font-weight: 650; letter-spacing: .02em; font-size: .9rem; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.2; letter-spacing: -.025em; margin: 0 0 .4rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; letter-spacing: -.01em; margin: 0 0 .3rem; }
h3 { font-size: .95rem; font-weight: 620; margin: 0; overflow-wrap: anywhere; }
.lead { margin: 0; max-width: 48rem; color: var(--soft); overflow-wrap: anywhere; }
.text { margin: 0; max-width: 52rem; color: var(--soft); font-size: .9rem; }
code { font: .92em ui-monospace, 'SF Mono', Menlo, Consolas, 'Noto Sans Mono CJK KR', monospace; background: var(--sunken); padding: .08em .35em; border-radius: .3em; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.4rem 0 1.2rem; }
.fact { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: .7rem .9rem .75rem; min-width: 0; }
.fact dt { color: var(--soft); font-size: .82rem; }
.fact dd { margin: 0; font-size: 1.45rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.fact small { display: block; color: var(--soft); font-size: .8rem; font-weight: 450; letter-spacing: 0; line-height: 1.35; }
.fact.bad dd { color: var(--bad); }
nav { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: .6rem; }
nav a { color: inherit; text-decoration: none; font-size: .88rem; border: 1px solid var(--line); background: var(--card); border-radius: 2rem; padding: .2rem .85rem; }
nav a:hover { border-color: var(--accent); }
section { padding-top: 1.6rem; scroll-margin-top: .5rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; margin-top: .8rem; align-items: start; }
.cards.threes { grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1rem 1.1rem 1.1rem; min-width: 0; display: flex; flex-direction: column; gap: .6rem; box-shadow: 0 1px 2px rgb(60 30 0 / .04), 0 8px 28px rgb(60 30 0 / .04); }
.card.wide { grid-column: 1 / -1; }
.picture { width: 100%; max-width: 33rem; height: auto; display: block; overflow: visible; font-family: inherit; }
.picture.cloud { max-width: 52rem; margin: 0 auto; }
.figures { display: flex; flex-wrap: wrap; gap: .15rem .9rem; margin: 0; max-width: 33rem; justify-content: space-between; }
.figures div { min-width: 2.6rem; }
.figures dt { color: var(--soft); font-size: .75rem; }
.figures dd { margin: 0; font-size: .9rem; font-weight: 550; font-variant-numeric: tabular-nums; }
.picture text { fill: var(--text); font-size: 12px; font-variant-numeric: tabular-nums; }
.picture .note, .picture .tick, .picture .mark-label { fill: var(--soft); }
.picture .tick, .picture .mark-label, .picture .lost { font-size: 11px; }
.picture .lost { fill: var(--bad); }
.picture .strong { font-weight: 650; font-size: 14px; }
.picture .plain { fill: var(--picture); }
.picture .quiet { fill: var(--quiet); }
.picture .bad { fill: var(--lost); }
.picture .track { fill: var(--sunken); }
.picture .grid { stroke: var(--line); stroke-width: 1; }
.picture .axis { stroke: var(--soft); stroke-width: 1; }
.picture .mark { stroke: var(--text); stroke-width: 1; stroke-dasharray: 3 2; opacity: .75; }
.picture .tone-0 { fill: var(--accent); }
.picture .tone-1 { fill: var(--text); }
.picture .tone-2 { fill: var(--soft); }
.scroll { overflow-x: auto; margin: 0 -.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 550; font-size: .8rem; white-space: nowrap; }
th, td { padding: .34rem .6rem .34rem .2rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
td { unicode-bidi: isolate; }
th.right, td.right { text-align: right; white-space: nowrap; }
th.wide { width: 100%; }
td.wide { min-width: 14rem; overflow-wrap: anywhere; }
ul.terms { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem; }
ul.terms li { background: var(--sunken); border-radius: .5rem; padding: .05rem .5rem; font-size: .85rem; }
.topics { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem 1.6rem; }
.topic { border-top: 1px solid var(--line); padding-top: .6rem; min-width: 0; }
.topic b { display: block; font-size: .95rem; margin-bottom: .2rem; }
.topic p { margin: .4rem 0 0; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: .85rem; padding-top: 2rem; }
footer p { margin: 0 0 .5rem; max-width: 60rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: .9rem; padding-right: .9rem; }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .55rem; }
  .fact dd { font-size: 1.2rem; }
  td.wide { min-width: 9rem; }
}
@media print { body { background: none; } .card, .fact { break-inside: avoid; box-shadow: none; } nav { display: none; } }
`
