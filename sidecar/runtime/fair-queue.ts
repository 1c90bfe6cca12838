/** The items of one owner, and the work that has been taken from it, on the queue's clock. */
interface Turn<Item> {
	/** Each with its cost. */
	items: Map<Item, number>;
	start: number;
}

/**
 * Items of several owners, each with a cost, taken so that all owners get the same amount of work done: start-time
 * fair queueing. Whoever comes with one item waits for one item of each of the others, however many they have.
 * An owner's own items go first in, first out. Taking looks at each owner once.
 *
 * @see Goyal, Vin, Cheng: Start-time Fair Queuing, SIGCOMM 1996
 */
export class FairQueue<Owner, Item> {
	readonly #turns = new Map<Owner, Turn<Item>>();
	/** The start of the turn that was taken from last: where newcomers begin. */
	#now = 0;
	#size = 0;

	get size(): number {
		return this.#size;
	}

	push(owner: Owner, item: Item, cost: number): void {
		let turn = this.#turns.get(owner);
		if (turn === undefined) {
			turn = { items: new Map(), start: this.#now };
			this.#turns.set(owner, turn);
		}
		if (!turn.items.has(item)) this.#size++;
		turn.items.set(item, cost);
	}

	/** Takes the next item out. */
	take(): Item | undefined {
		let next: [Owner, Turn<Item>] | undefined;
		for (const entry of this.#turns) {
			if (next === undefined || entry[1].start < next[1].start) next = entry;
		}
		if (next === undefined) return undefined;
		const [owner, turn] = next;
		for (const [item, cost] of turn.items) {
			this.#now = turn.start;
			turn.start += cost;
			this.delete(owner, item);
			return item;
		}
		return undefined;
	}

	/** Takes one item out, wherever it stands. */
	delete(owner: Owner, item: Item): boolean {
		const turn = this.#turns.get(owner);
		if (turn === undefined || !turn.items.delete(item)) return false;
		this.#size--;
		if (turn.items.size === 0) this.#turns.delete(owner);
		return true;
	}

	/** Takes all the items out. */
	drain(): Item[] {
		const items = [...this.#turns.values()].flatMap((turn) => [
			...turn.items.keys(),
		]);
		this.#turns.clear();
		this.#size = 0;
		return items;
	}
}
