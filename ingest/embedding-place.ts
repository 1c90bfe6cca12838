import { isEmbedding } from "./guard-processor.ts";
import { InvalidDefinition } from "./invalid-definition.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * Refuses a pipeline with an embedding in a place where nothing could guard it: only an object of its own among
 * the pipeline's processors is such a place.
 *
 * @throws InvalidDefinition
 */
export function refuseMisplaced(pipeline: JsonObject): void {
	for (const processor of asArray(pipeline.processors)) {
		if (isEmbedding(processor)) refuseCompany(processor);
		refuseWithin(processor);
	}
	for (const handler of asArray(pipeline.on_failure)) {
		if (isEmbedding(handler))
			throw misplaced("can't stand in a pipeline's on_failure");
		refuseWithin(handler);
	}
}

/** OpenSearch takes an object with several keys for as many processors. */
function refuseCompany(processor: JsonObject): void {
	const others = Object.keys(processor).filter(
		(name) => name !== "text_embedding",
	);
	if (others.length > 0)
		throw misplaced(
			`can't share an object with another processor [${others.join(", ")}]`,
		);
}

/** Embeddings inside `foreach`, which has one processor, and in any processor's failure handlers. */
function refuseWithin(processor: unknown): void {
	if (!isObject(processor)) return;
	for (const options of Object.values(processor)) {
		if (!isObject(options)) continue;
		for (const inner of [options.processor, ...asArray(options.on_failure)]) {
			if (isEmbedding(inner))
				throw misplaced(
					"can't stand inside another processor or its on_failure",
				);
			refuseWithin(inner);
		}
	}
}

function misplaced(problem: string): InvalidDefinition {
	return new InvalidDefinition(
		"parse_exception",
		`[text_embedding] ${problem}: put it in an object of its own among the pipeline's processors`,
	);
}

function asArray(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
