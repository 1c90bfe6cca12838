import { oneShard } from "../ingest-cases/case.ts";
import type { SearchCall, SearchCase } from "./case.ts";

type Json = Readonly<Record<string, unknown>>;

/** Of a dense model. */
export const plain = { type: "semantic", model_id: "<dense>" };
export const sparseModel = { model_id: "<sparse>" };
const weighted = sparseModel;

/** Makes an index, which is compared. */
export function mapped(properties: Json, settings: Json = {}): SearchCall {
	return {
		method: "PUT",
		path: "/<id>",
		body: {
			settings: { ...oneShard, "index.knn": true, ...settings },
			mappings: { properties },
		},
	};
}

export const mapping: SearchCall = { method: "GET", path: "/<id>/_mapping" };

const refused = (name: string, options: unknown): SearchCase => ({
	name,
	calls: [mapped({ text: options })],
});

/** Mappings with semantic fields that are refused, or that look as if they should be. */
export const semanticMappings: readonly SearchCase[] = [
	{ name: "as it comes", calls: [mapped({ text: plain }), mapping] },
	refused("no model", { type: "semantic" }),
	refused("an empty model", { ...plain, model_id: "" }),
	refused("a model that is a number", { ...plain, model_id: 5 }),
	refused("a model that is not there", { ...plain, model_id: "unknown" }),
	refused("a model for similarity", { ...plain, model_id: "<similar>" }),
	refused("an unknown option", { ...plain, other: 1 }),
	refused("an unknown raw type", { ...plain, raw_field_type: "nothing" }),
	refused("a raw type that is no text", {
		...plain,
		raw_field_type: "integer",
	}),
	refused("an analyzer and a model for searches", {
		...plain,
		...weighted,
		search_model_id: "<sparse>",
		semantic_field_search_analyzer: "standard",
	}),
	refused("an analyzer of a dense model", {
		...plain,
		semantic_field_search_analyzer: "standard",
	}),
	refused("a name with a dot", {
		...plain,
		semantic_info_field_name: "a.b",
	}),
	refused("an empty name", { ...plain, semantic_info_field_name: "" }),
	refused("chunking a text", { ...plain, chunking: "yes" }),
	refused("chunking by an unknown algorithm", {
		...plain,
		chunking: [{ algorithm: "nothing" }],
	}),
	refused("chunking with a bad parameter", {
		...plain,
		chunking: [
			{ algorithm: "fixed_token_length", parameters: { token_limit: -1 } },
		],
	}),
	refused("a configuration of vectors for a sparse model", {
		...plain,
		...weighted,
		dense_embedding_config: { method: { name: "hnsw" } },
	}),
	refused("pruning of a dense model", {
		...plain,
		sparse_encoding_config: { prune_type: "max_ratio", prune_ratio: 0.5 },
	}),
	refused("bad pruning", {
		...plain,
		...weighted,
		sparse_encoding_config: { prune_type: "max_ratio", prune_ratio: 5 },
	}),
];
