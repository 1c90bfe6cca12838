import { Type } from "typebox";
import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import type { BulkDocument } from "../ingest/bulk-calls.ts";
import { calling, vectorIndex } from "../ingest/vector-index.ts";
import type { Side } from "../runtime/servers.ts";

/** The index that is searched; each side has one. */
export const indexName = "bench-search";

/** The search pipeline of hybrid searches; each side has one. */
export const hybridPipeline = "bench-hybrid";

/** The model whose vectors the documents have. */
const documentPrecision: Precision = "fp32";

/** Texts that the sidecar embeds at once, and documents of a bulk. */
const embeddedAtOnce = 100;
const bulkSize = 500;

const Predicted = Type.Object({
	inference_results: Type.Array(
		Type.Object({
			output: Type.Array(Type.Object({ data: Type.Array(Type.Number()) })),
		}),
	),
});
const Written = Type.Object({ errors: Type.Literal(false) });
/** Texts with their vectors, which the sidecar makes, being the faster one. */
export async function documentsOf(
	{ contestant, models }: Side,
	texts: readonly string[],
): Promise<BulkDocument[]> {
	const documents: BulkDocument[] = [];
	await calling(contestant.url, async (client) => {
		for (let start = 0; start < texts.length; start += embeddedAtOnce) {
			const some = texts.slice(start, start + embeddedAtOnce);
			const { inference_results: results } = await client.read(
				{
					method: "POST",
					path: `/_plugins/_ml/models/${models[documentPrecision]}/_predict`,
					json: { text_docs: some },
				},
				Predicted,
			);
			for (const [number, { output }] of results.entries())
				documents.push({
					id: String(start + number),
					source: { text: some[number], vector: output[0]?.data },
				});
		}
	});
	return documents;
}

/**
 * Makes the index of one side. The documents have their vectors already, so both sides search the
 * same ones, in one shard of one segment: what a hybrid query of neural-search finds depends on the number of segments.
 */
export async function makeSearched(
	url: string,
	documents: readonly BulkDocument[],
): Promise<void> {
	await calling(url, async (client) => {
		await client.call({
			method: "PUT",
			path: `/${indexName}`,
			json: vectorIndex(undefined),
		});
		for (let start = 0; start < documents.length; start += bulkSize) {
			const lines = documents
				.slice(start, start + bulkSize)
				.flatMap(({ id, source }) => [{ index: { _id: id } }, source]);
			const path = `/${indexName}/_bulk`;
			await client.read({ method: "POST", path, lines }, Written);
		}
		for (const path of ["_refresh", "_forcemerge?max_num_segments=1"])
			await client.call({ method: "POST", path: `/${indexName}/${path}` });
	});
}

/** Puts the search pipeline of hybrid searches. @param url a server with `normalization-processor` */
export function putHybridPipeline(url: string): Promise<unknown> {
	const normalization = {
		normalization: { technique: "min_max" },
		combination: { technique: "arithmetic_mean" },
	};
	return calling(url, (client) =>
		client.call({
			method: "PUT",
			path: `/_search/pipeline/${hybridPipeline}`,
			json: {
				phase_results_processors: [
					{ "normalization-processor": normalization },
				],
			},
		}),
	);
}
