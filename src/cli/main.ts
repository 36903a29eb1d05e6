import { YuksuError } from '../errors.ts'
import { registerChat } from './chat.ts'
import { registerDedup } from './dedup.ts'
import { registerExport } from './export.ts'
import { registerServe } from './serve.ts'
import { registerInspect } from './inspect.ts'
import { registerGenerate } from './generate.ts'
import { registerMerge } from './merge.ts'
import { registerNative } from './native.ts'
import { registerPrepare } from './prepare.ts'
import { createProgram, runProgram } from './program.ts'
import { registerProfile } from './profile.ts'
import { registerQuickstart } from './quickstart.ts'
import { reportError } from './report-error.ts'
import { registerRun } from './run.ts'
import { registerScoreRouge } from './score-rouge.ts'
import { registerTokenizerExtend } from './tokenizer-extend.ts'
import { registerTokenizerTrain } from './tokenizer-train.ts'

// A reader that has seen enough (`yuksu … | head`) is no error; an answer that could not be written is one.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    if (stream === process.stdout)
      reportError(new YuksuError('cannot-write', `cannot write the answer to stdout: ${error.message}`))
    process.exit(1)
  })

const program = createProgram()
registerQuickstart(program, () => import('../recipes/quickstart.ts'))
registerRun(program, () => import('../recipes/run-recipe.ts'))
registerDedup(program)
registerPrepare(program)
registerProfile(program)
const tokenizer = program.command('tokenizer').description('train a tokenizer, or extend one')
registerTokenizerTrain(tokenizer)
registerTokenizerExtend(tokenizer)
registerGenerate(program, () => import('../generate/summarizer.ts'))
registerScoreRouge(program.command('score').description('score predictions against references'))
registerInspect(
  program,
  () => import('../models/inspect.ts'),
  () => import('../train/inspect-step.ts'),
)
registerMerge(program)
registerNative(program)
registerExport(program, () => import('../export/export-model.ts'))
registerServe(program, () => import('../generate/language-model.ts'))
registerChat(program, () => import('../generate/language-model.ts'))

process.exitCode = await runProgram(program, process.argv.slice(2))
