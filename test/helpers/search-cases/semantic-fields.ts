import { oneShard, put } from "../ingest-cases/case.ts";
import {
	hybrid,
	match,
	type SearchCall,
	type SearchCase,
	type SearchTopic,
} from "./case.ts";
import {
	mapped,
	mapping,
	plain,
	semanticMappings,
	sparseModel,
} from "./semantic-mappings.ts";

type Json = Readonly<Record<string, unknown>>;

/** Without the native libraries that the usual engine loads. */
const method = { name: "hnsw", engine: "lucene" };
const bare = { type: "semantic" };
const dense = { ...plain, dense_embedding_config: { method } };
const cat = "a small wild cat";

const texts = [
	"A wild cat hunts small birds at night.",
	"White wine is served cold with fish. Red wine is served warm.",
	"Old songs of snow and frost.",
];

const filled: SearchCall = {
	method: "POST",
	path: "/<id>/_bulk?refresh=true",
	type: "application/x-ndjson",
	prepares: true,
	body: texts
		.flatMap((text, place) => [
			{ index: { _id: `${place + 1}` } },
			{ text, n: place + 1 },
		])
		.map((line) => `${JSON.stringify(line)}\n`)
		.join(""),
};

const found = (query: unknown, more: Json = {}): SearchCall => ({
	method: "POST",
	path: "/<id>/_search",
	body: { query, _source: ["n"], ...more },
});

const near = (options: Json = {}, field = "text") => ({
	neural: { [field]: { query_text: cat, ...options } },
});

/** An index with one semantic field, which is shown, filled and searched. */
function field(
	name: string,
	options: Json,
	...calls: readonly SearchCall[]
): SearchCase {
	return {
		name,
		calls: [
			mapped({
				text: { ...("model_id" in options ? bare : dense), ...options },
			}),
			mapping,
			filled,
			{ method: "GET", path: "/<id>/_doc/2" },
			...(calls.length > 0 ? calls : [found(near())]),
		],
	};
}

const weighted = sparseModel;
const short = {
	algorithm: "fixed_char_length",
	parameters: { char_limit: 20, max_chunk_limit: 3 },
};
const byWords = {
	algorithm: "fixed_token_length",
	parameters: { token_limit: 4, overlap_rate: 0.25 },
};

/** Fields of the type `semantic`: how they are shown, what is stored, and how they are searched. */
export const semanticFields: SearchTopic = {
	name: "semantic field",
	cases: [
		field("dense", {}),
		field(
			"dense, searched with options",
			{},
			found(near({ k: 2 })),
			found(near({ k: 1, boost: 2, _name: "near" })),
			found(near({ min_score: 0.8 })),
			found(near({ k: 3, filter: { range: { n: { gt: 1 } } } })),
			found({ bool: { should: [near({ k: 2 }), match("wine")] } }),
			found(near({ k: 2, model_id: "<dense>" })),
			found(near({ k: 2, model_id: "unknown" })),
			found(near({ query_tokens: { cat: 1 } })),
			found({ neural: { text: { k: 2 } } }),
		),
		field("sparse", weighted),
		field(
			"sparse, searched with options",
			weighted,
			found(near({ boost: 2 })),
			found(near({ k: 2 })),
			found({ neural: { text: { query_tokens: { cat: 1.5, wine: 0.5 } } } }),
			found(near({ min_score: 0.1 })),
			found({
				neural_sparse: { text: { query_text: cat, model_id: "<sparse>" } },
			}),
		),
		field("sparse, searched by an analyzer", {
			...weighted,
			semantic_field_search_analyzer: "standard",
		}),
		field("sparse, pruned", {
			...weighted,
			sparse_encoding_config: { prune_type: "max_ratio", prune_ratio: 0.5 },
		}),
		field("chunked", { chunking: true }),
		field("not chunked", { chunking: false }),
		field(
			"chunked by characters",
			{ chunking: [short] },
			found(near({ k: 2 })),
			found(near({ k: 2, boost: 2, _name: "near" })),
			found(match("wine")),
		),
		field("chunked by words", { chunking: [byWords] }),
		field("chunked twice", { chunking: [short, byWords] }),
		field("sparse and chunked", { ...weighted, chunking: [byWords] }),
		field("another name for what is added", {
			semantic_info_field_name: "info",
		}),
		field("a keyword", { raw_field_type: "keyword" }),
		field("a field of its own kind", {
			raw_field_type: "text",
			analyzer: "english",
			fields: { raw: { type: "keyword" } },
		}),
		field("another model for searches", { search_model_id: "<dense>" }),
		field("a configuration of vectors", {
			dense_embedding_config: {
				method: {
					name: "hnsw",
					engine: "lucene",
					parameters: { m: 8, ef_construction: 50 },
				},
			},
		}),
		field("existing vectors kept", { skip_existing_embedding: true }),
		{
			name: "within an object",
			calls: [
				mapped({ o: { properties: { text: dense } } }),
				mapping,
				put("1", { o: { text: texts[0] } }, "?refresh=true"),
				{ method: "GET", path: "/<id>/_doc/1" },
				found(near({ k: 1 }, "o.text")),
			],
		},
		{
			name: "two fields",
			calls: [
				mapped({ a: dense, b: { ...bare, ...weighted } }),
				mapping,
				put("1", { a: texts[0], b: texts[1] }, "?refresh=true"),
				{ method: "GET", path: "/<id>/_doc/1" },
				found({
					bool: { should: [near({ k: 1 }, "a"), near({}, "b")] },
				}),
			],
		},
		{
			name: "added to an index",
			calls: [
				mapped({ n: { type: "integer" } }),
				{
					method: "PUT",
					path: "/<id>/_mapping",
					body: { properties: { text: dense } },
				},
				mapping,
				filled,
				{ method: "GET", path: "/<id>/_doc/1" },
				found(near({ k: 1 })),
			],
		},
		{
			name: "no text, an empty one, and another value",
			calls: [
				mapped({ text: dense }),
				put("1", { n: 1 }),
				put("2", { text: "" }),
				put("3", { text: null }),
				put("4", { text: 5 }),
				put("5", { text: ["a", "b"] }),
				{ method: "POST", path: "/<id>/_refresh", prepares: true },
				{ method: "GET", path: "/<id>/_search", body: { sort: ["_doc"] } },
			],
		},
		{
			name: "an update",
			calls: [
				mapped({ text: dense }),
				filled,
				{
					method: "POST",
					path: "/<id>/_update/1?refresh=true",
					body: { doc: { text: texts[2] } },
				},
				{ method: "GET", path: "/<id>/_doc/1" },
			],
		},
		{
			name: "in a hybrid query",
			calls: [
				mapped({ text: dense }),
				filled,
				{
					method: "POST",
					path: "/<id>/_search?search_pipeline=<normal>",
					body: {
						query: hybrid([match("cold wine"), near({ k: 3 })]),
						_source: false,
					},
				},
			],
		},
		{
			name: "a template",
			calls: [
				{
					method: "PUT",
					path: "/_index_template/<id>",
					body: {
						index_patterns: ["<id>-t*"],
						template: {
							settings: { ...oneShard, "index.knn": true },
							mappings: { properties: { text: dense } },
						},
					},
				},
				{
					method: "PUT",
					path: "/<id>-t1/_doc/1?refresh=true",
					body: { text: texts[0] },
				},
				{ method: "GET", path: "/<id>-t1/_mapping" },
				{ method: "GET", path: "/<id>-t1/_doc/1" },
			],
		},
		...semanticMappings,
	],
};
