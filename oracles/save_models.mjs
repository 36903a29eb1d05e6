// Model folders as this project writes them, for `oracles/load_saved.py`:
//
//     npm run build
//     node oracles/save_models.mjs OUT src/models/fixtures/mistral src/models/fixtures/t5 …
//
// Each is opened and written to OUT/NAME, with `expected.json` beside it: inputs from that of the folder it came from, and the logits
// that this project computes.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ForwardPass, openModel } from '../dist/models/index.js'

const [out, ...folders] = process.argv.slice(2)
if (folders.length === 0)
  throw new Error('give a folder to write to, and model folders with an expected.json')

for (const folder of folders) {
  const { inputs } = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'))
  const target = join(out, basename(folder))
  await mkdir(target, { recursive: true })
  const model = await openModel(folder)
  await model.write(target)
  const pass = new ForwardPass(model)
  const given = {
    inputIds: inputs.input_ids,
    attentionMask: inputs.attention_mask,
    ...(inputs.decoder_input_ids && { decoderInputIds: inputs.decoder_input_ids }),
    ...(inputs.token_type_ids && { tokenTypeIds: inputs.token_type_ids }),
    ...(inputs.langs && { languageIds: inputs.langs }),
  }
  const said = model.family.kind === 'encoder' ? await pass.encode(given) : await pass.run(given)
  await pass.release()
  const values = Object.entries(said).map(([name, { shape, data }]) => [name, { shape, data: [...data] }])
  const expected = { inputs, ...Object.fromEntries(values) }
  await writeFile(join(target, 'expected.json'), JSON.stringify(expected))
  console.log(target)
}
