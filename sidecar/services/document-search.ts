import { isObject, type JsonObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";
import { checkContained } from "../search/contained-search.ts";
import type { SearchAnswer, Searchable, SearchStore } from "../store/search.ts";

/** Searches among models, tasks and groups: in OpenSearch's own language, as far as it stays among them. */
export class DocumentSearch {
	readonly #store: SearchStore;

	constructor(store: SearchStore) {
		this.#store = store;
	}

	/**
	 * Searches, and answers as OpenSearch does: 408 where the search ended before it was through, and its own words
	 * where it refuses the search.
	 *
	 * @param text the search as a client wrote it
	 * @throws SidecarError bad_json, bad_query, bad_request
	 */
	async search(kind: Searchable, text: string): Promise<SearchAnswer> {
		const body = parse(text);
		const hides = kind === "model";
		checkContained(body, { hides });
		const answer = await this.#store.search(kind, {
			...(hides ? narrowed(body) : body),
			version: true,
			seq_no_primary_term: true,
		});
		if (answer.status !== 200) return this.#refused(kind, text, answer);
		removeInternals(answer.body);
		const late = isObject(answer.body) && answer.body.timed_out === true;
		return late ? { ...answer, status: 408 } : answer;
	}

	/** OpenSearch tells lines and columns: those of the text that the client has before it are of use. */
	async #refused(
		kind: Searchable,
		text: string,
		refusal: SearchAnswer,
	): Promise<SearchAnswer> {
		const again = await this.#store.search(kind, text);
		return again.status === refusal.status ? again : refusal;
	}
}

function parse(text: string): JsonObject {
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SidecarError("bad_json", `the body is not JSON: ${reason}`, {
			cause,
		});
	}
	if (isObject(body)) return body;
	throw new SidecarError(
		"bad_query",
		`Expected [START_OBJECT] but found [${Array.isArray(body) ? "START_ARRAY" : "VALUE"}]`,
	);
}

/** A model that is being deleted is gone for everybody. Scores stay those of the query, as with ml-commons' filter. */
function narrowed(body: JsonObject): JsonObject {
	const { query } = body;
	return {
		...body,
		query: {
			bool: {
				...(query !== undefined && { must: [query] }),
				must_not: [{ term: { "sidecar.deleting": true } }],
			},
		},
	};
}

/**
 * Takes what only the sidecars need out of every document of an answer. Their fields are not mapped, so that this is the
 * only way for them to come out.
 */
function removeInternals(answer: unknown): void {
	const left: unknown[] = [answer];
	for (let value = left.pop(); value !== undefined; value = left.pop()) {
		if (Array.isArray(value)) {
			for (const item of value) left.push(item);
			continue;
		}
		if (!isObject(value)) continue;
		for (const [key, item] of Object.entries(value)) {
			if (key === "_source" && isObject(item)) delete item.sidecar;
			// An aggregation, or inner hits, may be called `_source` and hold documents.
			left.push(item);
		}
	}
}
