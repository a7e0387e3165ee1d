import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { isRecord } from '../is-record.ts'
import { parseJson, readText } from './package-file.ts'
import type { TextYaml } from './task-yaml.ts'
import { type Side, separate, type Tokens } from './tokens.ts'
import { parseVocabulary, wordIds } from './vocabulary.ts'

/** Cuts texts into tokens, with what its files say of lengths and sides. */
export interface TextEncoder {
  encode(text: string): Tokens
  padId: number
  maxLength: number | undefined
  truncationSide: Side
  paddingSide: Side
}

const TOKENIZER = 'tokenizer.json'
const TOKENIZER_CONFIG = 'tokenizer_config.json'
const PADS = ['[PAD]', '<pad>']
/** What a tokenizer may do without, and the library wants to be told of. */
const OPTIONAL_PARTS = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null }

/** @throws Error when the package has neither a tokenizer nor a vocabulary, or one that cannot be read */
export async function readEncoder(dir: string, yaml: TextYaml): Promise<TextEncoder> {
  const { tokenizer, vocabulary } = yaml
  if (vocabulary !== undefined) {
    if (tokenizer !== undefined) throw new Error('There can be a tokenizer or a vocabulary, not both')
    return readVocabulary(dir, vocabulary)
  }
  if (tokenizer === undefined && !existsSync(join(dir, TOKENIZER)))
    throw new Error(
      `There is no ${TOKENIZER} in the package: put it there, or name a file that holds a number for each word as vocabulary`,
    )
  return readTokenizer(dir, tokenizer ?? TOKENIZER)
}

async function readVocabulary(dir: string, file: string): Promise<TextEncoder> {
  const vocabulary = parseVocabulary(parseJson(await readText(dir, file, 'vocabulary'), file), file)
  return {
    encode: (text) => ({ before: [], text: wordIds(text, vocabulary), after: [] }),
    padId: 0,
    maxLength: undefined,
    truncationSide: 'right',
    paddingSide: 'right',
  }
}

async function readTokenizer(dir: string, file: string): Promise<TextEncoder> {
  const content = recordOf(parseJson(await readText(dir, file, 'tokenizer'), file))
  const config = await readConfig(dir, content)
  const tokenizer = makeTokenizer(content, config, file)
  const [truncation, padding] = [recordOf(content.truncation), recordOf(content.padding)]
  const padTokens = [config.pad_token, ...PADS].map((token) => tokenizer.token_to_id(String(token)))
  return {
    encode(text) {
      // Without a token for what is unknown the library gives nothing in its place.
      const idsOf = (add_special_tokens: boolean) => {
        const ids: (number | undefined)[] = tokenizer.encode(text, { add_special_tokens }).ids
        return ids.filter((id) => id !== undefined)
      }
      return separate(idsOf(true), idsOf(false))
    },
    padId: numberOf(padding.pad_id) ?? padTokens.find((id) => id !== undefined) ?? 0,
    maxLength: numberOf(truncation.max_length),
    truncationSide: sideOf(truncation.direction ?? config.truncation_side),
    paddingSide: sideOf(padding.direction ?? config.padding_side),
  }
}

/** The library reads the unknown token of some models from the second file, which may be missing. */
async function readConfig(dir: string, tokenizer: Record<string, unknown>): Promise<Record<string, unknown>> {
  const unknown = recordOf(tokenizer.model).unk_token
  const defaults = unknown === undefined ? {} : { unk_token: unknown }
  if (!existsSync(join(dir, TOKENIZER_CONFIG))) return defaults
  const text = await readText(dir, TOKENIZER_CONFIG, 'tokenizer')
  return { ...defaults, ...recordOf(parseJson(text, TOKENIZER_CONFIG)) }
}

function makeTokenizer(content: object, config: object, file: string): Tokenizer {
  try {
    return new Tokenizer({ ...OPTIONAL_PARTS, ...content }, config)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`tokenizer: ${file} is none that can be used here: ${reason}`, { cause })
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function sideOf(value: unknown): Side {
  return String(value).toLowerCase() === 'left' ? 'left' : 'right'
}
