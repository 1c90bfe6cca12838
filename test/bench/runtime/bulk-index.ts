import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { SidecarClient } from "../../../sidecar/dev/sidecar-client.ts";
import type { LoadCall } from "./load.ts";
import type { Side } from "./servers.ts";

/** Documents of a bulk. */
const bulkDocuments = 200;

/** An index whose documents get a vector from a model, and bulks for it. */
export interface BulkIndex {
	/** Each document's text once. */
	bulks: readonly LoadCall[];
	/** A document that is there. */
	document: LoadCall;
}

/** Makes an index and its pipeline through the sidecar. */
export async function makeBulkIndex(
	{ contestant, models }: Side,
	precision: Precision,
	texts: readonly string[],
): Promise<BulkIndex> {
	const name = `bulk-${precision}`;
	const client = new SidecarClient(contestant.url);
	const put = (path: string, json: object) =>
		client.call({ method: "PUT", path, json });
	try {
		await put(`/_ingest/pipeline/${name}`, {
			processors: [
				{
					text_embedding: {
						model_id: models[precision],
						field_map: { text: "vector" },
					},
				},
			],
		});
		await put(`/${name}`, {
			settings: { "index.knn": true, "index.default_pipeline": name },
			mappings: {
				properties: {
					vector: {
						type: "knn_vector",
						dimension: 384,
						method: { name: "hnsw", engine: "lucene", space_type: "l2" },
					},
				},
			},
		});
		await put(`/${name}/_doc/1`, { text: "a document to be read" });
	} finally {
		await client.close();
	}
	return {
		bulks: bulksOf(name, texts),
		document: { method: "GET", path: `/${name}/_doc/1` },
	};
}

function bulksOf(index: string, texts: readonly string[]): LoadCall[] {
	const action = JSON.stringify({ index: { _index: index } });
	return Array.from(
		{ length: Math.ceil(texts.length / bulkDocuments) },
		(_, i) => ({
			method: "POST",
			path: "/_bulk",
			body: texts
				.slice(i * bulkDocuments, (i + 1) * bulkDocuments)
				.map((text) => `${action}\n${JSON.stringify({ text })}\n`)
				.join(""),
		}),
	);
}
