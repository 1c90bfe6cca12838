/** What can stand in a queue, in one at a time. */
export interface Queued<Item> {
	bytes: number;
	/** The one behind it. */
	next: Item | undefined;
}

/** First in, first out, with the bytes of all that is in it. */
export class Fifo<Item extends Queued<Item>> {
	#first: Item | undefined;
	#last: Item | undefined;
	#bytes = 0;
	#length = 0;

	get length(): number {
		return this.#length;
	}

	get bytes(): number {
		return this.#bytes;
	}

	push(item: Item): void {
		if (this.#last) this.#last.next = item;
		else this.#first = item;
		this.#last = item;
		this.#bytes += item.bytes;
		this.#length++;
	}

	shift(): Item | undefined {
		const item = this.#first;
		if (!item) return undefined;
		this.#first = item.next;
		if (!this.#first) this.#last = undefined;
		item.next = undefined;
		this.#bytes -= item.bytes;
		this.#length--;
		return item;
	}

	clear(): void {
		this.#first = undefined;
		this.#last = undefined;
		this.#bytes = 0;
		this.#length = 0;
	}
}
