import { isObject } from "../../../ingest/json.ts";
import { SidecarError } from "../../errors.ts";
import type { Parameters } from "../../search/hybrid/hybrid-search.ts";
import { parseAnswer } from "../../search/hybrid/sub-answer.ts";
import {
	chosen,
	ofTarget,
	type SearchedShard,
	whole,
} from "../../search/hybrid/sub-search.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import type { ClientCall } from "../writes/client-call.ts";

/** Parameters that say which shards are searched. */
const deciding = [...ofTarget, "preference", "routing"];

/** How many searches' shards are remembered. */
const maxRemembered = 1_000;

export interface SearchedShardsOptions {
	/** How long they are remembered, milliseconds. */
	ttlMs: number;
	/** Milliseconds on a clock that never goes back. */
	now: () => number;
}

/** What a search reaches. */
export interface Reach {
	/** In the order in which OpenSearch puts hits with one score. */
	readonly shards: readonly SearchedShard[];
	/** Whether a document's id alone may not say which one it is. */
	readonly severalIndices: boolean;
	/** The only index; undefined where there are several, or it is not known. */
	readonly index?: string | undefined;
}

/** What is not known: all that a search names, as one. */
export const unknownReach: Reach = { shards: [whole], severalIndices: true };

/** The shards that searches reach. */
export class SearchedShards {
	readonly #cache: ExpiringCache<Reach | undefined>;

	constructor({ ttlMs, now }: SearchedShardsOptions) {
		this.#cache = new ExpiringCache({
			ttlMs,
			maxEntries: maxRemembered,
			now,
		});
	}

	/** Forgets what may have changed. */
	forget(): void {
		this.#cache.clear();
	}

	/**
	 * What a search reaches; unknown where OpenSearch does not say it: the search itself will then be told what is wrong.
	 *
	 * @throws SidecarError where OpenSearch does not answer
	 */
	async find({
		target,
		parameters,
		call,
	}: {
		target: string | undefined;
		parameters: Parameters;
		call: ClientCall;
	}): Promise<Reach> {
		const query = new URLSearchParams(chosen(parameters, deciding));
		// Everything is named as such: what is not the client's to see is then left out of it.
		const path = encodeURIComponent(target ?? "*");
		const url = `/${path}/_search_shards${query.size > 0 ? `?${query}` : ""}`;
		// An index is the same for all; what a pattern or an alias is depends on what a client may see.
		if (target === undefined || /[*,]/.test(target)) return ask(url, call);
		let own: Promise<Reach> | undefined;
		const remembered = this.#cache.get(url, async () => {
			own = ask(url, call);
			const found = await own;
			return found.index === target ? found : undefined;
		});
		// Where another client's question came to nothing, this one asks for itself.
		const known = own ? remembered : remembered.catch(() => undefined);
		return (await known) ?? (await (own ?? ask(url, call)));
	}
}

/** Names of other clusters' indices have a colon, as the dates in the names of this one's may. @throws SidecarError */
export function checkTarget(target: string | undefined): void {
	const remote = target?.split(",").find((name) => /^[^<]*:/.test(name));
	if (remote !== undefined)
		throw new SidecarError(
			"bad_request",
			`a hybrid query can't search indices of other clusters: [${remote}]`,
		);
}

async function ask(url: string, call: ClientCall): Promise<Reach> {
	const { status, body } = await call({ method: "GET", url });
	return status === 200 ? readReach(parseAnswer(body)) : unknownReach;
}

function readReach(answer: unknown): Reach {
	if (!isObject(answer) || !Array.isArray(answer.shards)) return unknownReach;
	const shards = answer.shards.flatMap(readCopies);
	if (shards.length === 0) return unknownReach;
	const indices = new Set(shards.map(({ index }) => index));
	const [index] = indices;
	if (shards.length === 1)
		return { shards: [whole], severalIndices: false, index };
	shards.sort(
		(one, other) =>
			one.number - other.number || compare(one.index, other.index),
	);
	// One index is searched under the name that the search gives it: with its alias' filter as it is at that moment.
	if (indices.size === 1)
		return {
			shards: shards.map(({ number }) => ({ ...whole, number })),
			severalIndices: false,
			index,
		};
	return {
		shards: shards.map(({ index, number }) => ({
			index,
			number,
			filter: filterOf(answer.indices, index),
		})),
		severalIndices: true,
	};
}

/** A shard's copies, of which one is searched. */
function readCopies(copies: unknown): { index: string; number: number }[] {
	const copy: unknown = Array.isArray(copies) ? copies[0] : undefined;
	if (!isObject(copy)) return [];
	const { index, shard } = copy;
	return typeof index === "string" && typeof shard === "number"
		? [{ index, number: shard }]
		: [];
}

function filterOf(indices: unknown, index: string): string | undefined {
	const ofIndex = isObject(indices) ? indices[index] : undefined;
	const filter = isObject(ofIndex) ? ofIndex.filter : undefined;
	return filter === undefined ? undefined : JSON.stringify(filter);
}

function compare(one: string, other: string): number {
	if (one === other) return 0;
	return one < other ? -1 : 1;
}
