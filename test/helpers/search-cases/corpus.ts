import { type Call, oneShard } from "../ingest-cases/case.ts";
import {
	type Book,
	books,
	furtherBooks,
	passagesOf,
	type Shelf,
	shelves,
} from "./documents.ts";
import { dimension } from "./models.ts";

/** What a text is stored with, besides itself. */
interface Encoded {
	vector: readonly number[];
	weights: Readonly<Record<string, number>>;
}

/** What texts are stored with. */
export type Encodings = ReadonlyMap<string, Encoded>;

/** What is there for all cases: these names with the prefix of the run before them. */
export const corpusNames = [
	"books",
	"spread",
	"more",
	"flat",
	"family",
	"empty",
	"both",
	"animals",
	"normal",
	"usual",
	"unused",
] as const;

const knn = (space_type: string) => ({
	type: "knn_vector",
	dimension,
	method: { name: "hnsw", engine: "lucene", space_type },
});

/** Vectors are in no answer. */
const sourceOptions = {
	excludes: ["vector", "l2", "weights", "passages.vector"],
};

const mappings = {
	_source: sourceOptions,
	properties: {
		title: { type: "text", fields: { raw: { type: "keyword" } } },
		text: { type: "text" },
		topic: { type: "keyword" },
		year: { type: "integer" },
		price: { type: "float" },
		vector: knn("cosinesimil"),
		l2: knn("l2"),
		weights: { type: "rank_features" },
		neural: { type: "text" },
		passages: {
			type: "nested",
			properties: { text: { type: "text" }, vector: knn("cosinesimil") },
		},
	},
};

const { passages: _, ...flatProperties } = mappings.properties;

const familyMappings = {
	_source: { excludes: ["vector"] },
	properties: {
		kind: { type: "join", relations: { shelf: "volume" } },
		text: { type: "text" },
		vector: knn("cosinesimil"),
	},
};

function index(name: string, body: object, settings: object = {}): Call {
	return {
		method: "PUT",
		path: `/<${name}>`,
		body: {
			settings: { ...oneShard, "index.knn": true, ...settings },
			...body,
		},
	};
}

/** One segment a shard, so that vectors are looked through alike. */
function filled(name: string, lines: readonly object[]): Call[] {
	const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
	const path = `/<${name}>/_bulk?refresh=true`;
	return [
		{ method: "POST", path, body, type: "application/x-ndjson" },
		{ method: "POST", path: `/<${name}>/_forcemerge?max_num_segments=1` },
	];
}

/** The calls that make what is there for all cases. Every one has to succeed. */
export function corpusCalls(encodings: Encodings): Call[] {
	const encoded = (text: string): Encoded => {
		const found = encodings.get(text);
		if (found) return found;
		throw new Error(`no vector of ${text}`);
	};
	const bookLines = (
		all: readonly Book[],
		letter: string,
		{ flat = false } = {},
	) =>
		all.flatMap((book, place) => {
			const { vector, weights } = encoded(book.text);
			const passages = passagesOf(book).map((text) => ({
				text,
				vector: encoded(text).vector,
			}));
			return [
				{ index: { _id: `${letter}${place + 1}` } },
				{
					...book,
					vector,
					l2: vector,
					weights,
					neural: book.title,
					...(!flat && { passages }),
				},
			];
		});
	return [
		{
			method: "PUT",
			path: "/_search/pipeline/<normal>",
			body: { phase_results_processors: [{ "normalization-processor": {} }] },
		},
		index("books", {
			mappings,
			aliases: {
				"<both>": {},
				"<animals>": { filter: { term: { topic: "animals" } } },
			},
		}),
		index("spread", { mappings }, { number_of_shards: 3 }),
		index("more", { mappings, aliases: { "<both>": {} } }),
		index("flat", { mappings: { ...mappings, properties: flatProperties } }),
		index("empty", { mappings }),
		index("usual", { mappings }, { "search.default_pipeline": "<normal>" }),
		index("family", { mappings: familyMappings }),
		...filled("books", bookLines(books, "b")),
		...filled("spread", bookLines(books, "b")),
		...filled("flat", bookLines(books, "b", { flat: true })),
		...filled("usual", bookLines(books, "b")),
		...filled("more", bookLines(furtherBooks, "m")),
		...filled(
			"family",
			shelves.flatMap((shelf, place) => shelfLines(shelf, place, encoded)),
		),
	];
}

function shelfLines(
	{ name, volumes }: Shelf,
	place: number,
	encoded: (text: string) => Encoded,
): object[] {
	const shelf = `s${place + 1}`;
	return [
		{ index: { _id: shelf } },
		{ kind: "shelf", text: name, vector: encoded(name).vector },
		...volumes.flatMap((text, at) => [
			{ index: { _id: `${shelf}v${at + 1}`, routing: shelf } },
			{
				kind: { name: "volume", parent: shelf },
				text,
				vector: encoded(text).vector,
			},
		]),
	];
}
