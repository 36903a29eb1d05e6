/** Cuts piped lines into messages at empty lines; a line that begins with `/` and a letter is a message of its own. */
export async function* splitMessages(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let message: string[] = []
  for await (const line of lines) {
    const command = /^\/[a-z]+\s*$/.test(line)
    if ((command || line.trim() === '') && message.length > 0) {
      yield message.join('\n')
      message = []
    }
    if (command) yield line.trim()
    else if (line.trim() !== '') message.push(line)
  }
  if (message.length > 0) yield message.join('\n')
}
