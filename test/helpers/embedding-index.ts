import { uniqueName } from "./opensearch.ts";
import type { TestSidecar } from "./sidecar.ts";

/** Makes an index whose documents' `text` is embedded into their `vector`. @returns its name */
export async function createEmbeddingIndex(
	sidecar: TestSidecar,
	model_id: string,
): Promise<string> {
	const pipeline = uniqueName("pipeline");
	await put(sidecar, `/_ingest/pipeline/${pipeline}`, {
		processors: [
			{ text_embedding: { model_id, field_map: { text: "vector" } } },
		],
	});
	const index = uniqueName("index");
	await put(sidecar, `/${index}`, {
		settings: { "index.knn": true, "index.default_pipeline": pipeline },
		mappings: {
			properties: {
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
				},
			},
		},
	});
	return index;
}

async function put(sidecar: TestSidecar, path: string, body: object) {
	const { status, text } = await sidecar.call("PUT", path, body);
	if (status !== 200) throw new Error(`${path}: ${text}`);
}
