/** What a queue has to know of what waits in it. */
export interface Queueable {
  readonly id: string
  /** Whose it is. */
  readonly account: string
}

/** What waits of one account, in order. */
interface AccountQueue<Item> {
  readonly account: string
  readonly items: Map<string, Item>
  /** Tickets of the first item, and of the next to come. */
  first: number
  next: number
  /** Tickets between those two whose items have left, ascending. */
  holes: number[]
}

/** Where an item waits; the tickets of an account ascend in the order of its items. */
interface Entry<Item> {
  readonly queue: AccountQueue<Item>
  readonly ticket: number
}

/**
 * The accounts take turns, one item in each round; of each account, what came first goes first. An account that has had
 * no turn in the present round gets it in this one, before all that have. Any item can leave early, and be told its
 * place, at no cost that grows with the queue.
 */
export class TaskQueue<Item extends Queueable> {
  /** Accounts that have a turn in the present round. None is here, or in the next, without an item. */
  #now = new Map<string, AccountQueue<Item>>()
  /** Those that have had it. */
  #next = new Map<string, AccountQueue<Item>>()
  /** All that have had it, also those for which nothing waits any more. */
  #served = new Set<string>()
  readonly #entries = new Map<string, Entry<Item>>()

  get size(): number {
    return this.#entries.size
  }

  /** How many items of an account wait. */
  sizeOf(account: string): number {
    return this.#find(account)?.items.size ?? 0
  }

  /** Whether nobody waits for a turn who has not had one in this round: who comes now is the next. */
  get allServed(): boolean {
    return this.#now.size === 0
  }

  /** Those for which something waits, the one whose turn is next first. */
  *accounts(): Generator<string> {
    yield* this.#now.keys()
    yield* this.#next.keys()
  }

  push(item: Item): void {
    this.#append(this.#find(item.account) ?? this.#admit(item.account), item)
  }

  /** Puts items that were taken and not used before all others, in their order. */
  pushFront(items: readonly Item[]): void {
    if (items.length === 0) return
    const [now, next] = [this.#now, this.#next]
    this.#now = new Map()
    this.#next = new Map()
    for (const item of items) {
      const queue = this.#now.get(item.account) ?? newQueue(item.account)
      this.#now.set(item.account, queue)
      this.#append(queue, item)
    }
    for (const [turns, waiting] of [
      [this.#now, now],
      [this.#next, next],
    ] as const)
      for (const [account, queue] of waiting) {
        const earlier = this.#now.get(account)
        if (!earlier) turns.set(account, queue)
        else for (const item of queue.items.values()) this.#append(earlier, item)
      }
  }

  take(count: number): Item[] {
    const taken: Item[] = []
    while (taken.length < count && this.size > 0) {
      if (this.#now.size === 0) this.#beginRound()
      for (const queue of this.#now.values()) {
        // Nobody else waits: no turns to take.
        const turns = this.#now.size + this.#next.size === 1 ? count - taken.length : 1
        this.#takeTurn(queue, turns, taken)
        break
      }
    }
    return taken
  }

  /** What is first of an account, which has had its turn by that. */
  takeOf(account: string): Item | undefined {
    const queue = this.#find(account)
    const taken: Item[] = []
    if (queue) this.#takeTurn(queue, 1, taken)
    return taken[0]
  }

  /** Whether the item was in the queue. */
  delete(id: string): boolean {
    const entry = this.#entries.get(id)
    if (!entry) return false
    this.#remove(id, entry)
    if (entry.queue.items.size === 0) this.#dismiss(entry.queue)
    return true
  }

  /** How many items go before this one, if no others come; undefined where it does not wait here. */
  placeOf(id: string): number | undefined {
    const entry = this.#entries.get(id)
    if (!entry) return
    const { queue: own, ticket } = entry
    const earlier = ticket - own.first - countBelow(own.holes, ticket)
    let place = earlier
    // Until its own turn comes, all that are before it have had one turn more than it, and all others as many.
    let turns = earlier + 1
    for (const accounts of [this.#now, this.#next])
      for (const queue of accounts.values())
        if (queue === own) turns = earlier
        else place += Math.min(queue.items.size, turns)
    return place
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const accounts of [this.#now, this.#next]) for (const { items } of accounts.values()) yield* items.values()
  }

  #find(account: string): AccountQueue<Item> | undefined {
    return this.#now.get(account) ?? this.#next.get(account)
  }

  #admit(account: string): AccountQueue<Item> {
    const queue = newQueue<Item>(account)
    const turns = this.#served.has(account) ? this.#next : this.#now
    turns.set(account, queue)
    return queue
  }

  #dismiss({ account }: AccountQueue<Item>): void {
    this.#now.delete(account)
    this.#next.delete(account)
  }

  #beginRound(): void {
    this.#now = this.#next
    this.#next = new Map()
    this.#served.clear()
  }

  #takeTurn(queue: AccountQueue<Item>, most: number, taken: Item[]): void {
    let turns = most
    for (const [id, item] of queue.items) {
      const entry = this.#entries.get(id)
      if (entry) this.#remove(id, entry)
      taken.push(item)
      if (--turns === 0) break
    }
    this.#dismiss(queue)
    this.#served.add(queue.account)
    if (queue.items.size > 0) this.#next.set(queue.account, queue)
  }

  #append(queue: AccountQueue<Item>, item: Item): void {
    queue.items.set(item.id, item)
    this.#entries.set(item.id, { queue, ticket: queue.next++ })
  }

  #remove(id: string, { queue, ticket }: Entry<Item>): void {
    this.#entries.delete(id)
    queue.items.delete(id)
    if (ticket !== queue.first) {
      queue.holes.splice(countBelow(queue.holes, ticket), 0, ticket)
      return
    }
    queue.first++
    let passed = 0
    while (queue.holes[passed] === queue.first) {
      queue.first++
      passed++
    }
    if (passed > 0) queue.holes.splice(0, passed)
  }
}

function newQueue<Item>(account: string): AccountQueue<Item> {
  return { account, items: new Map(), first: 0, next: 0, holes: [] }
}

/** How many of ascending numbers are less than a limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? limit) < limit) low = middle + 1
    else high = middle
  }
  return low
}
