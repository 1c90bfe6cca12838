/** Who waits: a search waits for an answer that somebody looks at, ingest does not. */
export type Lane = "search" | "ingest";

/** Both, in the order in which they are served. */
export const lanes = ["search", "ingest"] as const satisfies readonly Lane[];

/**
 * Two queues of items with ids, each first in, first out. An id is in one lane at most.
 */
export class Lanes<Item> {
	readonly #lanes: Record<Lane, Map<number, Item>> = {
		search: new Map(),
		ingest: new Map(),
	};

	sizeOf(lane: Lane): number {
		return this.#lanes[lane].size;
	}

	push(lane: Lane, id: number, item: Item): void {
		this.#lanes[lane].set(id, item);
	}

	/** The items of a lane, next one first. */
	in(lane: Lane): Iterable<Item> {
		return this.#lanes[lane].values();
	}

	/** Takes the next item of a lane out. */
	take(lane: Lane): Item | undefined {
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
}
