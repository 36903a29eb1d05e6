import { createProgram, runProgram } from './program.ts'
import { registerScoreRouge } from './score-rouge.ts'
import { registerTokenizerTrain } from './tokenizer-train.ts'

// A reader that has seen enough (`yuksu … | head`) is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })

const program = createProgram()
registerTokenizerTrain(program.command('tokenizer').description('train a tokenizer'))
registerScoreRouge(program.command('score').description('score predictions against references'))

process.exitCode = await runProgram(program, process.argv.slice(2))
