import Sqlite from 'better-sqlite3'
import { isRecord } from '../is-record.ts'
import { fullName, type Model } from '../models/model.ts'

/** Of each column: a word in the name of a model counts more than one in its README. */
const WEIGHTS = [10, 4, 2, 1]
/** Added to the score of a model that is called by its whole name. */
const OF_NAMED = 1_000
/** Characters of one column: what a README says further down finds nobody, and a mebibyte of it takes 0.2 s to index. */
const LONGEST_TEXT = 16 * 2 ** 10
const LONGEST_QUERY = 1_000
const MOST_WORDS = 20

export interface Hit {
  model: Model
  /** The higher, the better it fits. */
  score: number
}

/** What a model was when it was indexed. */
type Indexed = Pick<Model, 'about' | 'current'>

/** Finds models by the words in their names, descriptions, schemas and READMEs. It lives in memory: all of it can be made again. */
export class SearchIndex {
  readonly #db = new Sqlite(':memory:')
  readonly #indexed = new Map<string, Indexed>()
  readonly #put
  readonly #remove
  readonly #find

  constructor() {
    this.#db.exec(
      `CREATE VIRTUAL TABLE models USING fts5(model UNINDEXED, name, description, schema, readme, tokenize = 'porter unicode61')`,
    )
    this.#put = this.#db.prepare('INSERT INTO models (model, name, description, schema, readme) VALUES (?, ?, ?, ?, ?)')
    this.#remove = this.#db.prepare('DELETE FROM models WHERE model = ?')
    this.#find = this.#db.prepare<[string], { model: string; score: number }>(
      `SELECT model, -bm25(models, 0, ${WEIGHTS.join(', ')}) AS score FROM models WHERE models MATCH ? ORDER BY score DESC, model`,
    )
  }

  /**
   * The models that hold all words of a text, or, where none does, some of them; the best first.
   * @param models those to choose from
   * @param all every model there is; others are forgotten
   */
  search(models: readonly Model[], all: readonly Model[], text: string): Hit[] {
    this.#update(all)
    const words =
      text
        .slice(0, LONGEST_QUERY)
        .match(/[\p{L}\p{N}]+/gu)
        ?.slice(0, MOST_WORDS) ?? []
    if (words.length === 0) return []
    const terms = words.map((word) => `"${word}"*`)
    const byName = new Map(models.map((model) => [fullName(model), model]))
    const named = text.trim()
    for (const operator of [' AND ', ' OR ']) {
      const found = this.#find.all(terms.join(operator)).flatMap(({ model: name, score }) => {
        const model = byName.get(name)
        return model ? [{ model, score: name === named ? score + OF_NAMED : score }] : []
      })
      if (found.length > 0) return found.sort((a, b) => b.score - a.score)
    }
    return []
  }

  close(): void {
    this.#db.close()
  }

  /** Takes note of what has changed since the last search; a model is indexed again only when something told of it has. */
  #update(models: readonly Model[]): void {
    for (const model of models) {
      const name = fullName(model)
      const { about, current } = model
      const before = this.#indexed.get(name)
      if (before?.about === about && before.current === current) continue
      if (before) this.#remove.run(name)
      this.#put.run(
        name,
        name.replaceAll(/[^\p{L}\p{N}]+/gu, ' '),
        (about.description ?? '').slice(0, LONGEST_TEXT),
        wordsOf(model).slice(0, LONGEST_TEXT),
        (about.readme ?? '').slice(0, LONGEST_TEXT),
      )
      this.#indexed.set(name, { about, current })
    }
    if (this.#indexed.size > models.length) this.#forgetAllBut(new Set(models.map(fullName)))
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#indexed.keys()) {
      if (names.has(name)) continue
      this.#remove.run(name)
      this.#indexed.delete(name)
    }
  }
}

/** The inputs of a model, by name and description. */
function wordsOf({ current }: Model): string {
  const { properties } = current?.openapiSchema.components.schemas.Input ?? {}
  const inputs = Object.entries(isRecord(properties) ? properties : {})
  return inputs
    .map(([name, input]) => `${name.replaceAll('_', ' ')} ${isRecord(input) ? String(input.description ?? '') : ''}`)
    .join('\n')
}
