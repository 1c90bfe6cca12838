import { type Guard, isRemoval, keyOf, readGuard } from "./guard-processor.ts";
import { isObject } from "./json.ts";
import type { TextEmbedding } from "./text-embedding.ts";

export { done, reasonField } from "./guard-processor.ts";

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
	/** The client's other processors, in order: what OpenSearch itself runs. */
	readonly core: readonly unknown[];
}

/** The sidecar's part of a stored pipeline; undefined where it has none, whatever is stored. */
export function readGuards(stored: unknown): GuardedPipeline | undefined {
	if (!isObject(stored) || !Array.isArray(stored.processors)) return undefined;
	const entries = stored.processors.map((processor: unknown, position) => ({
		processor,
		position,
		guard: readGuard(processor),
	}));
	const mark = entries.find(({ guard }) => guard)?.guard?.mark;
	if (mark === undefined) return undefined;
	const core = entries.filter(
		({ guard, processor }) => !guard && !isRemoval(processor, mark),
	);
	const steps = entries.flatMap(({ guard, position }) => {
		// A guard with another mark was not written by the sidecar in this place: it goes on refusing documents.
		if (guard?.mark !== mark) return [];
		const before = core.filter((entry) => entry.position < position);
		return {
			position,
			key: keyOf(position),
			processor: guard.processor,
			...preludeOf(
				before.map(({ processor }) => processor),
				guard,
			),
		};
	});
	return { mark, steps, core: core.map(({ processor }) => processor) };
}

function preludeOf(
	before: readonly unknown[],
	{ condition }: Guard,
): Pick<EmbeddingStep, "prelude" | "conditional"> {
	if (condition === undefined) return { prelude: before, conditional: false };
	const probe = { set: { field: conditionField, value: true, if: condition } };
	return { prelude: [...before, probe], conditional: true };
}
