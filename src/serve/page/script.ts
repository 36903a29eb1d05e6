import type { Labels } from './labels.ts'
import type { Samples } from './samples.ts'

/**
 * The page's own program. It runs in the browser: the server sends its source text, so it may refer to nothing
 * outside of itself.
 */
export function pageScript(labels: Labels, samples: Samples): void {
  type Language = keyof Labels
  type Label = keyof Labels['en']

  const get = <Name extends keyof HTMLElementTagNameMap>(id: string, name: Name) =>
    document.querySelector<HTMLElementTagNameMap[Name]>(`${name}#${id}`)!
  const form = get('form', 'form')
  const dialogue = get('dialogue', 'textarea')
  const result = get('result', 'div')
  const problem = get('problem', 'p')
  const statistics = get('statistics', 'span')
  const copy = get('copy', 'button')
  const stop = get('stop', 'button')
  const submit = get('submit', 'button')
  const model = get('model', 'select')
  const languageSelect = get('language', 'select')

  let language: Language = startLanguage()
  let abort: AbortController | undefined
  let summary = ''
  // What a status line says is kept as a function, so that it follows a change of language.
  let status: () => string = () => ''
  let failure: () => string = () => ''

  function startLanguage(): Language {
    let stored: string | null = null
    try {
      stored = localStorage.getItem('yuksu.language')
    } catch {
      // Storage may be forbidden; the browser's language decides then.
    }
    return (stored ?? navigator.language).startsWith('ko') ? 'ko' : 'en'
  }

  function label(name: Label, ...values: string[]): string {
    return labels[language][name].replace(/\{(\d)\}/g, (_, index: string) => values[Number(index)] ?? '')
  }

  function showLanguage(): void {
    document.documentElement.lang = language
    document.title = `${label('title')} · Yuksu`
    languageSelect.value = language
    for (const element of document.querySelectorAll<HTMLElement>('[data-label]'))
      element.textContent = label(element.dataset['label'] as Label)
    for (const element of document.querySelectorAll<HTMLElement>('[data-label-name]'))
      element.setAttribute('aria-label', label(element.dataset['labelName'] as Label))
    dialogue.placeholder = label('placeholder')
    const chips = samples
      .filter((sample) => sample.language === language)
      .map((sample) => {
        const chip = document.createElement('button')
        chip.type = 'button'
        chip.className = 'chip'
        chip.textContent = sample.name
        chip.addEventListener('click', () => {
          dialogue.value = sample.dialogue
          count()
          void summarise()
        })
        return chip
      })
    get('samples', 'div').replaceChildren(...chips)
    count()
    show()
  }

  function count(): void {
    const length = [...dialogue.value].length
    get('count', 'span').textContent =
      length === 0 ? '' : label('characters', length.toLocaleString(language))
    get('clear', 'button').hidden = length === 0
  }

  function show(): void {
    const busy = abort !== undefined
    const failed = failure() !== ''
    result.textContent = summary || (failed ? '' : label(busy ? 'reading' : 'empty'))
    result.className = `result${summary ? '' : ' waiting'}${busy ? ' writing' : ''}`
    result.setAttribute('aria-busy', String(busy))
    statistics.textContent = status()
    problem.textContent = failure()
    problem.hidden = !failed
    // A page that did not come over a safe connection has no clipboard.
    copy.hidden = summary === '' || busy || !('clipboard' in navigator)
    stop.hidden = !busy
    submit.hidden = busy
    showShortcut()
    showCode()
  }

  function showShortcut(): void {
    const kbd = document.createElement('kbd')
    const submitKey = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ ↵' : 'Ctrl + Enter'
    kbd.textContent = abort ? 'Esc' : submitKey
    const [before, after] = labels[language].shortcut.split('{0}')
    get('shortcut', 'span').replaceChildren(before!, kbd, after!)
  }

  function showCode(): void {
    const body = { model: model.value, stream: true, messages: [{ role: 'user', content: '…' }] }
    get('curl', 'code').textContent =
      `curl -N ${location.origin}/v1/chat/completions \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(body)}'`
  }

  async function summarise(): Promise<void> {
    abort?.abort()
    if (dialogue.value.trim() === '') {
      failure = () => label('nothing')
      show()
      dialogue.focus()
      return
    }
    const focusWasOnSubmit = document.activeElement === submit
    const own = new AbortController()
    abort = own
    summary = ''
    status = failure = () => ''
    show()
    if (focusWasOnSubmit) stop.focus()
    try {
      await read(own.signal)
    } catch (error) {
      // A newer request has taken over the page.
      if (abort !== own) return
      if (own.signal.aborted) {
        const written = status
        status = () => [label('stopped'), written()].filter(Boolean).join(' ')
      } else {
        const message = error instanceof TypeError ? undefined : (error as Error).message
        failure = () => message ?? label(summary ? 'broken' : 'unreachable')
      }
    }
    if (abort !== own) return
    const focusWasOnStop = document.activeElement === stop
    abort = undefined
    show()
    if (focusWasOnStop) submit.focus()
    get('announcement', 'p').textContent = summary
  }

  interface Chunk {
    choices?: Array<{ delta: { content?: string }; finish_reason: string | null }>
    usage?: { completion_tokens: number } | null
    error?: { message: string }
  }

  async function read(signal: AbortSignal): Promise<void> {
    const start = performance.now()
    const response = await fetch('v1/chat/completions', {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: model.value,
        messages: [{ role: 'user', content: dialogue.value }],
        stream: true,
        stream_options: { include_usage: true },
      }),
    })
    if (!response.ok || !response.body) {
      const body = (await response.json().catch(() => ({}))) as Chunk
      throw new Error(body.error?.message ?? `HTTP ${response.status}`)
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let firstToken = 0
    let pieces = 0
    let tail = ''
    let done = false
    let finishReason = ''
    const report = (tokens: number) => {
      const now = performance.now()
      // The first token ends the reading; the rate is that of the writing after it.
      const rate = tokens > 1 ? ((tokens - 1) / Math.max(0.001, (now - firstToken) / 1000)).toFixed(0) : '–'
      const seconds = ((now - start) / 1000).toFixed(1)
      status = () => {
        const line = label('statistics', String(tokens), rate, seconds)
        return finishReason === 'length' ? `${line} · ${label('cut')}` : line
      }
    }
    for (;;) {
      const next = await reader.read()
      if (next.done) break
      const lines = (tail + next.value).split('\n')
      tail = lines.pop()!
      for (const line of lines) {
        if (!line.startsWith('data: ')) continue
        const data = line.slice(6)
        if (data === '[DONE]') {
          done = true
          continue
        }
        const chunk = JSON.parse(data) as Chunk
        if (chunk.error) throw new Error(chunk.error.message)
        const choice = chunk.choices?.[0]
        if (choice?.delta.content) {
          if (pieces === 0) firstToken = performance.now()
          pieces += 1
          summary += choice.delta.content
          report(pieces)
        }
        if (choice?.finish_reason) finishReason = choice.finish_reason
        if (chunk.usage) report(chunk.usage.completion_tokens)
      }
      show()
    }
    if (!done) throw new TypeError('the stream ended early')
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void summarise()
  })
  stop.addEventListener('click', () => abort?.abort())
  dialogue.addEventListener('input', count)
  document.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
      event.preventDefault()
      void summarise()
    } else if (event.key === 'Escape' && abort) abort.abort()
  })
  get('clear', 'button').addEventListener('click', () => {
    abort?.abort()
    abort = undefined
    dialogue.value = ''
    summary = ''
    status = failure = () => ''
    count()
    show()
    dialogue.focus()
  })
  copy.addEventListener('click', () => {
    const confirm = () => {
      copy.textContent = label('copied')
      setTimeout(() => (copy.textContent = label('copy')), 1500)
    }
    navigator.clipboard.writeText(summary).then(confirm, () => getSelection()?.selectAllChildren(result))
  })
  languageSelect.addEventListener('change', () => {
    language = languageSelect.value as Language
    try {
      localStorage.setItem('yuksu.language', language)
    } catch {
      // The choice then holds until the page is left.
    }
    showLanguage()
  })
  model.addEventListener('change', showCode)

  void (async () => {
    try {
      const { data } = (await (await fetch('v1/models')).json()) as { data: Array<{ id: string }> }
      model.replaceChildren(...data.map(({ id }) => new Option(id, id)))
    } catch {
      failure = () => label('unreachable')
    }
    show()
  })()
  showLanguage()
}
