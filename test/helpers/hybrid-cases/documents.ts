import { pseudoRandom } from "../pseudo-random.ts";

/** An index with some shards, and one with a single shard, that hold the same documents. */
export const hybridIndices = { one: 1, three: 3 } as const;

export type HybridIndex = keyof typeof hybridIndices;

const words =
	"pipe water kitchen plumber fox jumps quick brown dog lazy river stone bridge light house tree leaf cloud rain sun".split(
		" ",
	);

/** Settings and mappings. */
function hybridIndex(shards: number): Record<string, unknown> {
	return {
		settings: {
			number_of_shards: shards,
			number_of_replicas: 0,
			"index.knn": true,
			// Else a shard might begin a second segment: hits with one score come in the order of a shard's documents.
			refresh_interval: -1,
		},
		mappings: {
			properties: {
				title: { type: "text" },
				category: { type: "keyword" },
				price: { type: "integer" },
				place: {
					type: "knn_vector",
					dimension: 4,
					method: { name: "hnsw", engine: "lucene", space_type: "l2" },
				},
				parts: {
					type: "nested",
					properties: { kind: { type: "keyword" } },
				},
			},
		},
	};
}

/** The lines of a `_bulk` that writes the documents to an index. */
function hybridBulk(index: string): string {
	const random = pseudoRandom(7);
	const next = () => random.next().value;
	const below = (end: number) => Math.floor(next() * end);
	const lines: string[] = [];
	for (let number = 0; number < 80; number++) {
		const length = 2 + below(8);
		const title = Array.from({ length }, () => words[below(words.length)]).join(
			" ",
		);
		const document = {
			title,
			category: `c${number % 7}`,
			price: below(50),
			place: Array.from({ length: 4 }, () => Math.round(next() * 1000) / 1000),
			parts: [{ kind: `x${number % 3}` }, { kind: `y${number % 4}` }],
		};
		const action = { index: { _index: index, _id: String(number) } };
		lines.push(JSON.stringify(action), JSON.stringify(document));
	}
	return `${lines.join("\n")}\n`;
}

/** Sends a request to OpenSearch; answers the parsed body. */
export type Send = (
	method: string,
	path: string,
	body?: unknown,
) => Promise<unknown>;

/** Makes both indices, under names that begin with the prefix. One segment a shard: neural-search's candidates are by segment. */
export async function makeHybridIndices(
	send: Send,
	prefix: string,
): Promise<void> {
	for (const [name, shards] of Object.entries(hybridIndices)) {
		const index = `${prefix}-${name}`;
		await send("PUT", `/${index}`, hybridIndex(shards));
		await send("POST", "/_bulk?refresh=true", hybridBulk(index));
		await send("POST", `/${index}/_forcemerge?max_num_segments=1`);
		await send("POST", `/${index}/_refresh`);
	}
}
