import { uniqueName } from "./opensearch.ts";
import type { TestSidecar } from "./sidecar.ts";

/** Makes an index whose documents' `text` is embedded into their `vector`. @returns its name */
export async function createEmbeddingIndex(
	sidecar: TestSidecar,
	model_id: string,
): Promise<string> {
	const pipeline = await putPipeline(sidecar, {
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

/** Stores a pipeline through the sidecar. @returns its id */
export async function putPipeline(
	sidecar: TestSidecar,
	definition: object,
): Promise<string> {
	const id = uniqueName("pipeline");
	await put(sidecar, `/_ingest/pipeline/${id}`, definition);
	return id;
}

/** Makes an index whose vectors are only kept. @returns its name */
export async function createIndex(
	sidecar: TestSidecar,
	settings: object = {},
): Promise<string> {
	const name = uniqueName("index");
	await put(sidecar, `/${name}`, {
		settings,
		mappings: { properties: { vector: { type: "float", index: false } } },
	});
	return name;
}

/** Puts something that OpenSearch takes. @throws where it does not */
export async function put(
	sidecar: TestSidecar,
	path: string,
	body: object,
): Promise<void> {
	const { status, text } = await sidecar.call("PUT", path, body);
	if (status > 299) throw new Error(`${path}: ${text}`);
}
