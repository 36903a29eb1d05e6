import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { familyOfType } from '../../models/families.ts'
import { Model } from '../../models/model.ts'
import { trainByteLevelBpe } from '../../tokenizers/byte-level-bpe.ts'
import { writeGenerationConfig } from '../generation-config.ts'
import type { GenerationOptions } from '../options.ts'

const texts = [
  '#Person1#: 민수야, 내일 병원에 가? #Person2#: 응, 아침 아홉 시에 예약했어.',
  '#Person1#: Are you coming tonight? #Person2#: At eight, I promise. 👩‍⚕️',
  '지은: 회의는 세 시로 옮겼어요. 준호: 알겠습니다, 자료를 보내 드릴게요.',
]

export interface TinyFolder {
  readonly folder: string
  remove(): Promise<void>
}

/** A model folder with random weights and a trained tokenizer: writes nonsense, the same every time. 64 positions. */
export async function tinyFolder(
  kind: 'encoder-decoder' | 'decoder',
  generation: GenerationOptions = { maxNewTokens: 12 },
): Promise<TinyFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-tiny-'))
  const tokenizer = await trainByteLevelBpe(texts, {
    vocabularySize: 320,
    specialTokens: ['<s>', '<pad>', '</s>', '<unk>', '#Person1#', '#Person2#'],
  })
  await tokenizer.save(folder)
  const common = {
    vocab_size: tokenizer.vocabularySize,
    max_position_embeddings: 64,
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
  }
  const json =
    kind === 'encoder-decoder'
      ? {
          ...common,
          model_type: 'bart',
          d_model: 32,
          encoder_layers: 1,
          decoder_layers: 2,
          encoder_attention_heads: 4,
          decoder_attention_heads: 4,
          encoder_ffn_dim: 48,
          decoder_ffn_dim: 48,
          init_std: 0.4,
          decoder_start_token_id: 2,
        }
      : {
          ...common,
          model_type: 'llama',
          hidden_size: 32,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          num_key_value_heads: 2,
          intermediate_size: 48,
          initializer_range: 0.4,
        }
  const family = familyOfType(json.model_type, folder)
  await new Model(family, family.parseConfiguration(json)).initialize(1).write(folder)
  writeGenerationConfig(folder, generation)
  return { folder, remove: () => rm(folder, { recursive: true }) }
}
