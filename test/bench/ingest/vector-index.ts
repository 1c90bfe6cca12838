import { Type } from "typebox";
import {
	type Call,
	SidecarClient,
} from "../../../sidecar/dev/sidecar-client.ts";
import type { BulkDocument } from "./bulk-calls.ts";

const Count = Type.Object({ count: Type.Integer() });
const Found = Type.Object({
	hits: Type.Object({
		hits: Type.Array(
			Type.Object({ _id: Type.String(), _source: Type.Object({}) }),
		),
	}),
});

export interface PipelineOptions {
	modelId: string;
	/** Documents that OpenSearch hands to the processor at once; one by one if left out. */
	batchSize?: number;
}

/** Puts a pipeline that embeds `text` into `vector`. @param url a server with `text_embedding` */
export async function putPipeline(
	url: string,
	name: string,
	{ modelId, batchSize }: PipelineOptions,
): Promise<void> {
	await calling(url, (client) =>
		client.call({
			method: "PUT",
			path: `/_ingest/pipeline/${name}`,
			json: {
				processors: [
					{
						text_embedding: {
							model_id: modelId,
							field_map: { text: "vector" },
							...(batchSize !== undefined && { batch_size: batchSize }),
						},
					},
				],
			},
		}),
	);
}

/** An index of one shard while something is done, with vectors of 384 dimensions. Gone afterwards. */
export class VectorIndex {
	readonly name: string;
	readonly #client: SidecarClient;

	private constructor(client: SidecarClient, name: string) {
		this.#client = client;
		this.name = name;
	}

	/** @param pipeline its default pipeline; none if undefined */
	static use<T>(
		url: string,
		pipeline: string | undefined,
		work: (index: VectorIndex) => Promise<T>,
	): Promise<T> {
		return calling(url, async (client) => {
			const index = new VectorIndex(client, `bench-${crypto.randomUUID()}`);
			const path = `/${index.name}`;
			await client.call({ method: "PUT", path, json: vectorIndex(pipeline) });
			try {
				return await work(index);
			} finally {
				await client.call({ method: "DELETE", path });
			}
		});
	}

	/** @throws unless that many documents are there, each with its vector */
	async requireVectors(documents: number): Promise<void> {
		await this.#client.call({
			method: "POST",
			path: `/${this.name}/_refresh`,
		});
		const all = await this.#count({ match_all: {} });
		const embedded = await this.#count({ exists: { field: "vector" } });
		if (all === documents && embedded === documents) return;
		throw new Error(
			`${documents} documents were written: ${all} are there, ${embedded} of them with a vector`,
		);
	}

	/** What is there, as it is kept. @param most no more than 10,000 */
	async documents(most: number): Promise<BulkDocument[]> {
		const call: Call = {
			method: "POST",
			path: `/${this.name}/_search`,
			json: { size: most, _source: true },
		};
		const { hits } = await this.#client.read(call, Found);
		return hits.hits.map(({ _id, _source }) => ({ id: _id, source: _source }));
	}

	async #count(query: object): Promise<number> {
		const call: Call = {
			method: "POST",
			path: `/${this.name}/_count`,
			json: { query },
		};
		return (await this.#client.read(call, Count)).count;
	}
}

/** An index of one shard with vectors of 384 dimensions. @param pipeline its default pipeline */
export function vectorIndex(pipeline: string | undefined): object {
	return {
		settings: {
			"index.knn": true,
			"index.number_of_shards": 1,
			"index.number_of_replicas": 0,
			...(pipeline !== undefined && { "index.default_pipeline": pipeline }),
		},
		mappings: {
			properties: {
				ballast: { type: "object", enabled: false },
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "l2" },
				},
			},
		},
	};
}

/** A client of a server while something is done. */
export async function calling<T>(
	url: string,
	work: (client: SidecarClient) => Promise<T>,
): Promise<T> {
	const client = new SidecarClient(url);
	try {
		return await work(client);
	} finally {
		await client.close();
	}
}
