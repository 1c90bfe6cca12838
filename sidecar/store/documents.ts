import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "@opensearch-project/opensearch";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { SidecarError } from "../errors.ts";
import { isMissingIndex, statusOf, storeError } from "./client.ts";

/** A document with the version that a guarded change of it needs. */
export interface Versioned<T> {
	id: string;
	source: T;
	seqNo: number;
	primaryTerm: number;
}

/** OpenSearch's own answer to a write of one document. */
export interface WriteAnswer {
	_index: string;
	_id: string;
	_version: number;
	result: string;
	_shards: { total: number; successful: number; failed: number };
	_seq_no: number;
	_primary_term: number;
}

const maxAttempts = 20;

/** What is to become of a document; it may look at something else before it says so. */
type Change<T> = (current: T) => T | undefined | Promise<T | undefined>;

export interface WriteOptions {
	/** Whether searches see the write when it returns; `get` does in any case. True if left out. */
	visible?: boolean;
}

/**
 * The documents of one kind in one hidden index, checked against their schema when read. Every write is
 * visible to searches when it returns, unless it says otherwise.
 */
export class Documents<S extends TSchema> {
	readonly #client: Client;
	readonly #index: string;
	readonly #check: (value: unknown) => value is Static<S>;

	constructor(client: Client, index: string, schema: S) {
		this.#client = client;
		this.#index = index;
		const validator = Compile(schema);
		this.#check = (value): value is Static<S> => validator.Check(value);
	}

	/** The document of an id; undefined where there is none, or no index yet. */
	async get(id: string): Promise<Versioned<Static<S>> | undefined> {
		try {
			const { body } = await this.#client.get({ index: this.#index, id });
			return this.#versioned(body);
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(error, `read ${this.#index}/${id}`);
		}
	}

	/** Whether the index is there, and has no document of this id. */
	async lacks(id: string): Promise<boolean> {
		try {
			await this.#client.get({ index: this.#index, id, _source: false });
			return false;
		} catch (error) {
			if (statusOf(error) === 404) return !isMissingIndex(error);
			throw storeError(error, `look for ${this.#index}/${id}`);
		}
	}

	/**
	 * Stores a document under an id that must be free. Where this very document is there it was stored by this call: the
	 * client repeats a write whose answer was lost. @throws SidecarError conflict when the id is taken.
	 */
	async create(id: string, source: Static<S>): Promise<void> {
		try {
			await this.#client.create({
				index: this.#index,
				id,
				refresh: true,
				body: source,
			});
		} catch (error) {
			if (statusOf(error) !== 409)
				throw storeError(error, `create ${this.#index}/${id}`);
			if (await this.#isStored(id, source)) return;
			throw new SidecarError("conflict", `[${id}] exists already`, {
				cause: error,
			});
		}
	}

	/**
	 * Replaces a document by what `change` makes of it, guarded by its sequence number: when somebody else
	 * changed it meanwhile, it is read and changed anew. `change` gives undefined to leave it as it is.
	 *
	 * @returns the document as it then is; undefined where there is none.
	 */
	async change(
		id: string,
		change: Change<Static<S>>,
		options?: WriteOptions,
	): Promise<Static<S> | undefined> {
		return (await this.write(id, change, options))?.source;
	}

	/** Does what {@link change} does; with OpenSearch's answer where something was written. */
	async write(
		id: string,
		change: Change<Static<S>>,
		options?: WriteOptions,
	): Promise<{ source: Static<S>; answer?: WriteAnswer } | undefined> {
		for (let attempt = 0; attempt < maxAttempts; attempt++) {
			const found = await this.get(id);
			if (!found) return undefined;
			const changed = await change(found.source);
			if (changed === undefined) return { source: found.source };
			const answer = await this.replace(found, changed, options);
			if (answer) return { source: changed, answer };
			// Whoever lost waits a little, and each for another time: else the same ones meet again.
			await setTimeout(Math.random() * 10 * (attempt + 1));
		}
		throw new SidecarError(
			"conflict",
			`[${id}] is being changed by others all the time`,
		);
	}

	/** Merges a partial document into a stored one, and returns the whole as it then is. */
	async merge(
		id: string,
		partial: object,
		{ visible = true }: WriteOptions = {},
	): Promise<Static<S> | undefined> {
		try {
			const { body } = await this.#client.update({
				index: this.#index,
				id,
				refresh: visible,
				retry_on_conflict: maxAttempts,
				_source: true,
				body: { doc: partial },
			});
			return this.#checked(id, body.get?._source);
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(error, `update ${this.#index}/${id}`);
		}
	}

	/**
	 * Deletes a document; undefined where there is none.
	 *
	 * @param found the document as it was read
	 * @throws SidecarError conflict where it was changed since
	 */
	async delete(
		id: string,
		found?: Versioned<unknown>,
	): Promise<WriteAnswer | undefined> {
		try {
			const { body } = await this.#client.delete({
				index: this.#index,
				id,
				refresh: true,
				...(found && {
					if_seq_no: found.seqNo,
					if_primary_term: found.primaryTerm,
				}),
			});
			return body;
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			if (statusOf(error) === 409)
				throw new SidecarError("conflict", `[${id}] was changed meanwhile`, {
					cause: error,
				});
			throw storeError(error, `delete ${this.#index}/${id}`);
		}
	}

	/**
	 * Documents with one of the values in a keyword field, `limit` at most; those that are not of this schema are left
	 * out.
	 */
	find(
		field: string,
		values: readonly string[],
		limit: number,
	): Promise<Versioned<Static<S>>[]> {
		return this.#search({ terms: { [field]: [...values] } }, limit);
	}

	/** How many documents there are. */
	async count(): Promise<number> {
		try {
			const { body } = await this.#client.count({
				index: this.#index,
				ignore_unavailable: true,
			});
			return body.count;
		} catch (error) {
			throw storeError(error, `count ${this.#index}`);
		}
	}

	/** Every document of this schema, `limit` at most. */
	all(limit: number): Promise<Versioned<Static<S>>[]> {
		return this.#search({ match_all: {} }, limit);
	}

	async #search(
		query: QueryContainer,
		limit: number,
	): Promise<Versioned<Static<S>>[]> {
		try {
			const { body } = await this.#client.search({
				index: this.#index,
				ignore_unavailable: true,
				size: limit,
				seq_no_primary_term: true,
				body: { query },
			});
			return body.hits.hits
				.filter(({ _source }) => this.#check(_source))
				.map((hit) => this.#versioned(hit));
		} catch (error) {
			throw storeError(error, `search ${this.#index}`);
		}
	}

	/** Replaces a document as it was read; undefined where it was changed or deleted since. */
	async replace(
		found: Versioned<unknown>,
		source: Static<S>,
		{ visible = true }: WriteOptions = {},
	): Promise<WriteAnswer | undefined> {
		try {
			const { body } = await this.#client.index({
				index: this.#index,
				id: found.id,
				if_seq_no: found.seqNo,
				if_primary_term: found.primaryTerm,
				refresh: visible,
				body: source,
			});
			return body;
		} catch (error) {
			if (statusOf(error) === 409) return undefined;
			throw storeError(error, `change ${this.#index}/${found.id}`);
		}
	}

	async #isStored(id: string, source: Static<S>): Promise<boolean> {
		const sent: unknown = JSON.parse(JSON.stringify(source));
		try {
			const { body } = await this.#client.get({ index: this.#index, id });
			return isDeepStrictEqual(body._source, sent);
		} catch (error) {
			if (statusOf(error) === 404) return false;
			throw storeError(error, `read ${this.#index}/${id}`);
		}
	}

	#versioned(hit: Hit): Versioned<Static<S>> {
		const { _id: id = "", _seq_no: seqNo, _primary_term: primaryTerm } = hit;
		if (seqNo === undefined || primaryTerm === undefined)
			throw new SidecarError("internal", `[${id}] came without its version`);
		return { id, source: this.#checked(id, hit._source), seqNo, primaryTerm };
	}

	#checked(id: string, source: unknown): Static<S> {
		if (this.#check(source)) return source;
		throw new SidecarError(
			"internal",
			`[${this.#index}/${id}] is not a document of this version of the sidecar`,
		);
	}
}

type QueryContainer =
	| { terms: Record<string, string[]> }
	| { match_all: object };

interface Hit {
	_id?: string | undefined;
	_seq_no?: number | undefined;
	_primary_term?: number | undefined;
	_source?: unknown;
}
