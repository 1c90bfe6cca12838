import type { StoredModel } from "../../schemas/model.ts";

/** The document of a model that has never been deployed. */
export const registeredModel: StoredModel = {
	name: "m",
	algorithm: "TEXT_EMBEDDING",
	model_version: "1",
	model_format: "ONNX",
	model_state: "REGISTERED",
	model_content_hash_value: "00",
	created_time: 1,
	last_updated_time: 1,
	total_chunks: 1,
	sidecar: { chunk_index: "i", chunks: {}, workers: {} },
};
