import { performance } from "node:perf_hooks";
import { vectorJson } from "../../../ingest/vector-json.ts";
import { SidecarError } from "../../errors.ts";
import type { InputFacts } from "../../runtime/model-result.ts";
import type {
	QueryResult,
	WantedResult,
} from "../../search/queries/text-query.ts";
import type { EmbeddingService } from "../embedding.ts";
import type { RunTerms } from "../run-terms.ts";
import type { SparseEncodingService } from "../sparse-encoding.ts";

export interface QueryModels {
	embedding: EmbeddingService;
	sparseEncoding: SparseEncodingService;
}

/** What models made of the texts of one request's queries, each text run once by each of its models. */
export class QueryResults {
	readonly #results: ReadonlyMap<string, readonly [QueryResult, QueryFacts]>;
	readonly #failures: ReadonlyMap<string, unknown>;
	/** How long it took, milliseconds. */
	readonly tookMs: number;

	private constructor(
		results: ReadonlyMap<string, readonly [QueryResult, QueryFacts]>,
		failures: ReadonlyMap<string, unknown>,
		tookMs: number,
	) {
		this.#results = results;
		this.#failures = failures;
		this.tookMs = tookMs;
	}

	/** Has every model run its texts, all of them together. A model that fails is told to who asks for its results. */
	static async make(
		wanted: readonly WantedResult[],
		models: QueryModels,
		terms: RunTerms,
	): Promise<QueryResults> {
		const start = performance.now();
		const results = new Map<string, readonly [QueryResult, QueryFacts]>();
		const failures = new Map<string, unknown>();
		await Promise.all(
			[...byRun(wanted)].map(async ([run, ofRun]) => {
				try {
					const made = await runModel(ofRun, models, terms);
					ofRun.forEach((one, index) => {
						const result = made[index];
						if (result) results.set(keyOf(one), result);
					});
				} catch (error) {
					failures.set(run, error);
				}
			}),
		);
		return new QueryResults(results, failures, performance.now() - start);
	}

	/** @throws SidecarError, the model's own */
	of(wanted: WantedResult): QueryResult {
		return this.#find(wanted)[0];
	}

	/** How a text was read. @throws SidecarError, the model's own */
	facts(wanted: WantedResult): QueryFacts {
		return this.#find(wanted)[1];
	}

	#find(wanted: WantedResult): readonly [QueryResult, QueryFacts] {
		const run = runOf(wanted);
		if (this.#failures.has(run)) throw this.#failures.get(run);
		const found = this.#results.get(keyOf(wanted));
		if (!found) throw new SidecarError("internal", "a query has no result");
		return found;
	}
}

/** How a text was read. */
export interface QueryFacts extends InputFacts {
	/** Whether the result was kept from before; false too for one that another sidecar's model gave. */
	readonly kept: boolean;
}

async function runModel(
	wanted: readonly WantedResult[],
	{ embedding, sparseEncoding }: QueryModels,
	terms: RunTerms,
): Promise<(readonly [QueryResult, QueryFacts])[]> {
	const [first] = wanted;
	if (!first) return [];
	const { modelId, form } = first;
	const texts = wanted.map(({ text }) => text);
	const kept = new Set<number>();
	const request = {
		modelId,
		texts,
		lane: "search" as const,
		terms: { ...terms, onKept: (index: number) => kept.add(index) },
	};
	if (form === "tokens") {
		const encodings = await sparseEncoding.encode(request);
		return encodings.map(({ vector, tokens, truncated }, index) => [
			{ form, weights: vector },
			{ tokens, truncated, kept: kept.has(index) },
		]);
	}
	const embeddings = await embedding.embed({
		...request,
		contentType: "query",
	});
	return embeddings.map(({ vector, tokens, truncated }, index) => [
		{ form, json: vectorJson(vector), dimension: vector.length },
		{ tokens, truncated, kept: kept.has(index) },
	]);
}

/** Each distinct text once, by what runs together. */
function byRun(wanted: readonly WantedResult[]): Map<string, WantedResult[]> {
	const distinct = new Map(wanted.map((one) => [keyOf(one), one]));
	const runs = new Map<string, WantedResult[]>();
	for (const one of distinct.values()) {
		const run = runs.get(runOf(one));
		if (run) run.push(one);
		else runs.set(runOf(one), [one]);
	}
	return runs;
}

/** What runs together. */
function runOf({ modelId, form }: WantedResult): string {
	return JSON.stringify([form, modelId]);
}

function keyOf({ modelId, form, text }: WantedResult): string {
	return JSON.stringify([form, modelId, text]);
}
