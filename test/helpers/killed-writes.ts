import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { JsonObject } from "../../ingest/json.ts";
import { bulkLines, sendBulk } from "./bulk-client.ts";
import type { Random } from "./ingest-model.ts";
import type { StoredVector } from "./stored-documents.ts";

const mostDocuments = 60;
const longestPauseMs = 5;

/** Texts are few, so that it is quick to know all their vectors. */
const textCount = 200;

export interface KilledWritesOptions {
	random: Random;
	/** Characters of a field that nobody looks into: of large documents few go to OpenSearch together. */
	ballast: number;
}

/** A client that writes bulks without an end, and knows what it was told that became of them. */
export class KilledWrites {
	readonly #index: string;
	readonly #name: string;
	readonly #random: Random;
	readonly #ballast: object;
	/** The texts that a document may have by now, by its id: the last one that was acknowledged, and those sent since. */
	readonly #sent = new Map<string, Set<string>>();
	readonly #acknowledged = new Set<string>();
	#stopped = false;
	#answered = 0;
	#lastId = 0;

	/** @param name its own: several write to one index */
	constructor(
		index: string,
		name: string,
		{ random, ballast }: KilledWritesOptions,
	) {
		this.#index = index;
		this.#name = name;
		this.#ballast = ballast > 0 ? { ballast: "x".repeat(ballast) } : {};
		this.#random = random;
	}

	/** Documents of which a client knows, and documents of which it knows nothing. */
	get counts(): { acknowledged: number; unknown: number } {
		const acknowledged = this.#acknowledged.size;
		return { acknowledged, unknown: this.#sent.size - acknowledged };
	}

	/** How many of its bulks were answered. */
	get answered(): number {
		return this.#answered;
	}

	get stopped(): boolean {
		return this.#stopped;
	}

	/** Writes until there is no more answer. */
	async run(url: string): Promise<void> {
		try {
			while (await this.#write(url)) this.#answered++;
		} finally {
			this.#stopped = true;
		}
	}

	/** @returns whether there was an answer */
	async #write(url: string): Promise<boolean> {
		const writes = this.#documents();
		const lines = writes.map(({ id, text, isNew }) =>
			isNew
				? bulkLines({ index: { _id: id } }, { text, ...this.#ballast })
				: bulkLines({ update: { _id: id } }, { doc: { text } }),
		);
		for (const { id, text } of writes)
			this.#sent.set(id, new Set(this.#sent.get(id)).add(text));
		const path = `${url}/${this.#index}/_bulk`;
		const body = this.#pieces(Buffer.from(lines.join("")));
		const answer = await sendBulk(path, body).catch(() => undefined);
		if (!answer) return false;
		const failed = answer.items?.filter(({ status }) => status > 201);
		expect(failed, answer.text).toEqual([]);
		expect(answer.items?.map(({ id }) => id)).toEqual(
			writes.map(({ id }) => id),
		);
		for (const { id, text } of writes) {
			this.#acknowledged.add(id);
			this.#sent.set(id, new Set([text]));
		}
		return true;
	}

	/** New documents, and other texts for some that are there. */
	#documents(): { id: string; text: string; isNew: boolean }[] {
		const count = 1 + Math.floor(this.#random() * mostDocuments);
		const known = [...this.#acknowledged];
		const ids = new Set<string>();
		return Array.from({ length: count }, () => {
			const text = `text ${Math.floor(this.#random() * textCount)} of so many`;
			const old = known[Math.floor(this.#random() * known.length)];
			if (old !== undefined && !ids.has(old) && this.#random() < 0.1) {
				ids.add(old);
				return { id: old, text, isNew: false };
			}
			return { id: `${this.#name}${this.#lastId++}`, text, isNew: true };
		});
	}

	/** Some bulks come at once, others little by little: a kill meets each at another place. */
	async *#pieces(body: Buffer): AsyncGenerator<Buffer> {
		const pause = this.#random() * longestPauseMs;
		const most = body.length / 10;
		for (let start = 0; start < body.length; ) {
			const end = start + 1 + Math.floor(this.#random() * most);
			yield body.subarray(start, end);
			if (pause > 1) await setTimeout(pause);
			start = end;
		}
	}

	/**
	 * What is in the index after a kill, of what this client has written: those that were acknowledged are there as they
	 * were written, and nothing is there that was never sent.
	 *
	 * @returns each document's text and vector; fails for one that has none
	 */
	expectStored(stored: ReadonlyMap<string, JsonObject>): StoredVector[] {
		const own = [...stored].filter(([id]) => id.startsWith(this.#name));
		expect([...this.#acknowledged].filter((id) => !stored.has(id))).toEqual([]);
		return own.map(([id, { text, vector }]) => {
			expect(this.#sent.get(id), id).toContain(text);
			if (!Array.isArray(vector)) throw new Error(`${id} has no vector`);
			return { text: String(text), vector, at: id };
		});
	}
}
