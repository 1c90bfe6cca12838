/** Who waits: a search waits for an answer that somebody looks at, ingest does not. */
export type Lane = "search" | "ingest";

/**
 * Two queues of items with ids, first in, first out; whatever is in the search lane goes before the ingest
 * lane. An id is in one lane at most.
 */
export class Lanes<Item> {
	readonly #lanes: Record<Lane, Map<number, Item>> = {
		search: new Map(),
		ingest: new Map(),
	};

	get size(): number {
		return this.#lanes.search.size + this.#lanes.ingest.size;
	}

	sizeOf(lane: Lane): number {
		return this.#lanes[lane].size;
	}

	push(lane: Lane, id: number, item: Item): void {
		this.#lanes[lane].set(id, item);
	}

	/** Puts items before all the others of a lane, in the order given. */
	unshift(lane: Lane, items: Iterable<readonly [number, Item]>): void {
		this.#lanes[lane] = new Map([...items, ...this.#lanes[lane]]);
	}

	/** Takes the next item out: of this lane, or of both. */
	take(lane?: Lane): Item | undefined {
		if (lane === undefined) return this.take("search") ?? this.take("ingest");
		for (const [id, item] of this.#lanes[lane]) {
			this.#lanes[lane].delete(id);
			return item;
		}
		return undefined;
	}

	/** Takes one item out, wherever it stands. */
	delete(id: number): Item | undefined {
		for (const lane of Object.values(this.#lanes)) {
			const item = lane.get(id);
			if (lane.delete(id)) return item;
		}
		return undefined;
	}

	/** Takes all the items out, in the order they would have been taken in. */
	drain(): Item[] {
		const items = [
			...this.#lanes.search.values(),
			...this.#lanes.ingest.values(),
		];
		this.#lanes.search.clear();
		this.#lanes.ingest.clear();
		return items;
	}
}
