import { Fifo, type Queued } from "./fifo.ts";

/** A key with its value, or a ghost: a key whose value has left. */
interface Entry<Value> extends Queued<Entry<Value>> {
	readonly key: string;
	value: Value | undefined;
	/** How often it was asked for since it was last looked at, up to `mostUses`. */
	uses: number;
	/** Whether its key stays as a ghost if it leaves without having been asked for. */
	readonly leavesGhost: boolean;
}

const mostUses = 3;

/** The newcomers' part of all values, in bytes, past which newcomers leave first. */
const newcomersShare = 0.1;

/** A ghost's key, its place in the queue and in the map: resident memory as measured on Node.js 20. */
const ghostBytes = 260;

/** Entries that are looked at until one leaves, used or not: no call takes long, however much there is. */
const mostLooks = 1_000;

/**
 * Values by key, and the order in which they give way: S3-FIFO (Yang et al., "FIFO queues are all you need for cache
 * eviction", SOSP 2023, https://dl.acm.org/doi/10.1145/3600006.3613147). A new value stands in a short queue and leaves
 * at its end unless it was asked for, so that a scan passes through without touching what is in use. What was asked for
 * goes on to the main queue and stays there for as long as it is asked for. A ghost that comes back goes there at once.
 *
 * It has no limit of its own: whoever holds it calls `evict` until it is small enough.
 */
export class S3Fifo<Value extends object> {
	readonly #entries = new Map<string, Entry<Value>>();
	readonly #newcomers = new Fifo<Entry<Value>>();
	readonly #main = new Fifo<Entry<Value>>();
	/** As many as there are values at most. One whose key has come back stays until its turn, and then is nobody's. */
	readonly #ghosts = new Fifo<Entry<Value>>();
	#size = 0;

	/** Values that are there. */
	get size(): number {
		return this.#size;
	}

	/** Of the values, as they were given, and of the ghosts. */
	get bytes(): number {
		return this.#valueBytes + this.#ghosts.bytes;
	}

	get #valueBytes(): number {
		return this.#newcomers.bytes + this.#main.bytes;
	}

	get(key: string): Value | undefined {
		const entry = this.#entries.get(key);
		if (entry?.value === undefined) return undefined;
		if (entry.uses < mostUses) entry.uses++;
		return entry.value;
	}

	/** Takes a value in; a key that has one keeps it. */
	put(
		key: string,
		value: Value,
		{ bytes, leavesGhost }: { bytes: number; leavesGhost: boolean },
	): void {
		const present = this.#entries.get(key);
		if (present?.value !== undefined) return;
		const entry = { key, value, bytes, uses: 0, leavesGhost, next: undefined };
		this.#entries.set(key, entry);
		const queue = present === undefined ? this.#newcomers : this.#main;
		queue.push(entry);
		this.#size++;
	}

	/** Lets one value go. @returns false if there is none; then there are no ghosts either */
	evict(): boolean {
		for (let looks = 1; ; looks++) {
			const isNew = this.#newcomers.bytes >= this.#valueBytes * newcomersShare;
			const entry = (isNew ? this.#newcomers : this.#main).shift();
			if (entry === undefined) {
				this.clear();
				return false;
			}
			if (entry.uses > 0 && looks < mostLooks) {
				entry.uses = isNew ? 0 : entry.uses - 1;
				this.#main.push(entry);
				continue;
			}
			this.#release(entry, isNew && entry.leavesGhost);
			return true;
		}
	}

	/** @returns how many values there were */
	clear(): number {
		const size = this.#size;
		this.#entries.clear();
		this.#newcomers.clear();
		this.#main.clear();
		this.#ghosts.clear();
		this.#size = 0;
		return size;
	}

	#release(entry: Entry<Value>, asGhost: boolean): void {
		this.#size--;
		if (asGhost) {
			entry.value = undefined;
			entry.bytes = ghostBytes;
			this.#ghosts.push(entry);
		} else {
			this.#entries.delete(entry.key);
		}
		while (this.#ghosts.length > this.#size) {
			const ghost = this.#ghosts.shift();
			if (ghost && this.#entries.get(ghost.key) === ghost)
				this.#entries.delete(ghost.key);
		}
	}
}
