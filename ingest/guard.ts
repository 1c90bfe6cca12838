import { createHash } from "node:crypto";
import { InvalidDefinition } from "./invalid-definition.ts";
import { isObject, type JsonObject } from "./json.ts";
import { parseTextEmbedding, type TextEmbedding } from "./text-embedding.ts";

/*
 * A pipeline that the cluster can store. OpenSearch does not know `text_embedding`, so each one stands there
 * as a guard: a core `fail` processor, in the same place, that lets a document pass only if the sidecar has
 * marked it. Its description holds the original, so that the cluster state is the only copy.
 */

const originalPrefix = "opensearch-ml-sidecar runs this processor: ";
const markPrefix = "_ml_sidecar_";

/** What a document's mark says of a step that was carried out; anything else is the reason of its failure. */
export const done = "done";

/** An embedding processor of a stored pipeline. */
export interface EmbeddingStep {
	/** Where it stands among the pipeline's processors. */
	readonly position: number;
	/** Its key within the document's mark. */
	readonly key: string;
	readonly processor: TextEmbedding;
	/**
	 * What OpenSearch runs on a document before this step: the step's texts are those of the document as these
	 * processors leave it. Empty where they are those of the document itself.
	 */
	readonly prelude: readonly unknown[];
	/** Whether the step has a condition; the prelude then ends by setting {@link conditionField} where it holds. */
	readonly conditional: boolean;
}

/** A field that a prelude sets in a document for which the step's condition holds. */
export const conditionField = "_ml_sidecar_condition";

/** The sidecar's part of a stored pipeline. */
export interface GuardedPipeline {
	/** The field by which a document shows that the sidecar has seen it. */
	readonly mark: string;
	readonly steps: readonly EmbeddingStep[];
}

/**
 * The pipeline to store for one that a client wrote; undefined where it holds nothing of the sidecar's and can
 * be stored as it is.
 *
 * @throws InvalidDefinition when a processor's options are not valid.
 */
export function guardPipeline(pipeline: unknown): JsonObject | undefined {
	if (!isObject(pipeline) || !Array.isArray(pipeline.processors))
		return undefined;
	const processors: unknown[] = pipeline.processors;
	const originals = processors.filter(isOurs);
	if (originals.length === 0) {
		refuseNested(pipeline.processors);
		return undefined;
	}
	for (const { text_embedding } of originals)
		parseTextEmbedding(text_embedding);
	const mark = markOf(originals);
	refuseNested(processors);
	const guarded = processors.map((processor, position) =>
		isOurs(processor) ? guard(processor, mark, position) : processor,
	);
	const removal = { remove: { field: mark, ignore_missing: true, tag: mark } };
	return {
		...pipeline,
		processors: [...guarded, removal],
		...(Array.isArray(pipeline.on_failure) &&
			pipeline.on_failure.length > 0 && {
				on_failure: [...pipeline.on_failure, removal],
			}),
	};
}

/** The pipeline that the client wrote, out of the one that is stored. */
export function unguardPipeline(stored: unknown): unknown {
	const found = findGuards(stored);
	if (!found) return stored;
	const { pipeline, processors, mark } = found;
	const isRemoval = (processor: unknown) =>
		isObject(processor) &&
		isObject(processor.remove) &&
		processor.remove.tag === mark;
	return {
		...pipeline,
		processors: processors
			.filter((processor) => !isRemoval(processor))
			.map((processor) => originalOf(processor) ?? processor),
		...(Array.isArray(pipeline.on_failure) && {
			on_failure: pipeline.on_failure.filter(
				(processor) => !isRemoval(processor),
			),
		}),
	};
}

/** The sidecar's part of a stored pipeline; undefined where it has none. */
export function readGuards(stored: unknown): GuardedPipeline | undefined {
	const found = findGuards(stored);
	if (!found) return undefined;
	const steps = found.processors.flatMap((processor, position) => {
		const original = originalOf(processor);
		if (!original) return [];
		const options = original.text_embedding;
		return {
			position,
			key: keyOf(position),
			processor: parseTextEmbedding(options),
			...preludeOf(
				found.processors.slice(0, position),
				isObject(options) ? options.if : undefined,
			),
		};
	});
	return { mark: found.mark, steps };
}

function preludeOf(
	before: readonly unknown[],
	condition: unknown,
): Pick<EmbeddingStep, "prelude" | "conditional"> {
	const core = before.filter((processor) => !originalOf(processor));
	if (condition === undefined) return { prelude: core, conditional: false };
	const probe = { set: { field: conditionField, value: true, if: condition } };
	return { prelude: [...core, probe], conditional: true };
}

type Original = JsonObject & { text_embedding: unknown };

function isOurs(processor: unknown): processor is Original {
	return isObject(processor) && "text_embedding" in processor;
}

function keyOf(position: number): string {
	return `p${position}`;
}

function markOf(originals: readonly Original[]): string {
	const hash = createHash("sha256").update(JSON.stringify(originals));
	return `${markPrefix}${hash.digest("hex").slice(0, 16)}`;
}

function guard(original: Original, mark: string, position: number): JsonObject {
	const options = isObject(original.text_embedding)
		? original.text_embedding
		: {};
	const key = keyOf(position);
	const { tag, ignore_failure, on_failure } = options;
	return {
		fail: {
			description: `${originalPrefix}${JSON.stringify(original)}`,
			...(tag !== undefined && { tag }),
			...(ignore_failure !== undefined && { ignore_failure }),
			...(on_failure !== undefined && { on_failure }),
			if: `ctx['${mark}'] == null || ctx['${mark}']['${key}'] != '${done}'`,
			message:
				`{{{${mark}.${key}}}}{{^${mark}}}this document needs a vector that OpenSearch can't compute: ` +
				`send it through the ML sidecar, as an index or create request or in a bulk{{/${mark}}}`,
		},
	};
}

function originalOf(processor: unknown): Original | undefined {
	if (!isObject(processor) || !isObject(processor.fail)) return undefined;
	const { description } = processor.fail;
	if (
		typeof description !== "string" ||
		!description.startsWith(originalPrefix)
	)
		return undefined;
	const original: unknown = JSON.parse(
		description.slice(originalPrefix.length),
	);
	return isOurs(original) ? original : undefined;
}

function findGuards(stored: unknown) {
	if (!isObject(stored) || !Array.isArray(stored.processors)) return undefined;
	const processors: unknown[] = stored.processors;
	const originals = processors.flatMap(
		(processor) => originalOf(processor) ?? [],
	);
	if (originals.length === 0) return undefined;
	return { pipeline: stored, processors, mark: markOf(originals) };
}

/** An embedding inside `foreach` or a failure handler has no place of its own where it could be guarded. */
function refuseNested(processors: readonly unknown[]): void {
	for (const processor of processors) {
		if (!isObject(processor)) continue;
		const nested = Object.values(processor).flatMap((options) =>
			isObject(options)
				? [options.processor, ...asArray(options.on_failure)]
				: [],
		);
		if (nested.some(isOurs))
			throw new InvalidDefinition(
				"parse_exception",
				"[text_embedding] can't stand inside another processor or its on_failure: put it among the pipeline's processors",
			);
		refuseNested(nested);
	}
}

function asArray(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
