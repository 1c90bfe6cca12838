import { expect, it } from "vitest";
import type { StoredModel } from "../../schemas/model.ts";
import { modelIdentity } from "../../sidecar/services/model-loader.ts";
import { registeredModel } from "../helpers/registered-model.ts";

const model: StoredModel = {
	...registeredModel,
	model_content_hash_value: "AB",
	model_config: { embedding_dimension: 384 },
};

function configured(model_config: StoredModel["model_config"]): string {
	return modelIdentity({
		...model,
		model_config: { ...model.model_config, ...model_config },
	});
}

it("models of one content that make the same of a text share their results, however they are called and run", () => {
	const identity = modelIdentity(model);
	expect(
		modelIdentity({
			...model,
			name: "another",
			model_content_hash_value: "ab",
			sidecar: { ...model.sidecar, settings: { number_of_allocations: 2 } },
		}),
	).toBe(identity);
	expect(configured({ pooling_mode: "MEAN", normalize_result: false })).toBe(
		identity,
	);
	// Prefixes are part of the text.
	expect(configured({ query_prefix: "query: " })).toBe(identity);
});

it.each([
	["content", modelIdentity({ ...model, model_content_hash_value: "cd" })],
	["function", modelIdentity({ ...model, algorithm: "SPARSE_ENCODING" })],
	["window", configured({ model_max_length: 128 })],
	["pooling", configured({ pooling_mode: "CLS" })],
	["normalisation", configured({ normalize_result: true })],
	["dimension", configured({ embedding_dimension: 128 })],
])("a model of another %s never gets another one's results", (_, identity) => {
	expect(identity).not.toBe(modelIdentity(model));
});
