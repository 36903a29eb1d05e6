import { createHash } from 'node:crypto'
import { labels } from './labels.ts'
import { samples } from './samples.ts'
import { pageScript } from './script.ts'
import { style } from './style.ts'

const bowl = `<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
<g class="steam"><path d="M11 11c-1.6-1.8 1.6-3.2 0-5"/><path d="M16 11c-1.6-2.4 1.6-4.4 0-7"/><path d="M21 11c-1.6-1.8 1.6-3.2 0-5"/></g>
<path d="M4 15h24c0 6-3.4 9.6-7.4 11H11.4C7.4 24.6 4 21 4 15z" fill="currentColor" fill-opacity=".16" stroke-linejoin="round"/><path d="M12 29h8"/></svg>`

const icon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#c9682b" stroke-width="2.4" stroke-linecap="round"><path d="M11 11c-1.6-1.8 1.6-3.2 0-5M16 11c-1.6-2.4 1.6-4.4 0-7M21 11c-1.6-1.8 1.6-3.2 0-5M12 29h8"/><path d="M4 15h24c0 6-3.4 9.6-7.4 11H11.4C7.4 24.6 4 21 4 15z" fill="#c9682b" fill-opacity=".25"/></svg>`,
)}`

// A `<` inside a script could end it.
const literal = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')
const script = `(${pageScript.toString()})(${literal(labels)}, ${literal(samples)})`

/** The one page of the server: everything is inside, so that it works without a network. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Yuksu</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<header>
  <div class="brand">${bowl}<span>Yuksu <small lang="ko">육수</small></span></div>
  <div class="settings">
    <select id="model" data-label-name="model" aria-label="Model"></select>
    <select id="language" data-label-name="language" aria-label="Language"><option value="en" lang="en">English</option><option value="ko" lang="ko">한국어</option></select>
  </div>
</header>
<main>
  <div class="intro">
    <h1 data-label="title"></h1>
    <p data-label="tagline"></p>
  </div>
  <div class="columns">
    <form class="card" id="form">
      <div class="head"><label for="dialogue" data-label="dialogue"></label><span class="row"><span class="note" id="count"></span><button type="button" class="quiet" id="clear" data-label="clear" hidden></button></span></div>
      <textarea id="dialogue" spellcheck="false" autofocus></textarea>
      <div class="row"><span class="note" data-label="samples"></span><div class="row" id="samples"></div></div>
      <div class="row"><button class="main" id="submit" data-label="summarise"></button><button type="button" class="main" id="stop" data-label="stop" hidden></button><span class="note" id="shortcut"></span></div>
    </form>
    <section class="card" aria-labelledby="summary-title">
      <div class="head"><h2 id="summary-title" data-label="summary"></h2><button type="button" class="quiet" id="copy" data-label="copy" hidden></button></div>
      <p class="problem" id="problem" role="alert" hidden></p>
      <div class="result waiting" id="result"></div>
      <div class="foot"><span class="note" id="statistics"></span></div>
      <p id="announcement" aria-live="polite" style="position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;margin:0"></p>
    </section>
  </div>
</main>
<footer>
  <details><summary data-label="code"></summary><pre tabindex="0"><code id="curl"></code></pre></details>
</footer>
<script>${script}</script>
</body>
</html>
`

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What the page may do: run its own script and talk to its own server. */
export const pageSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
