import type { Processor } from "./processors/processor.ts";

/** A field that a stage sets in a document for which its condition holds. */
export const conditionField = "_ml_sidecar_condition";

/** What OpenSearch runs on a document on its way to a step: one stage after the other. */
export interface Stage {
	readonly processors: readonly unknown[];
	/** Whether the way goes on only where the processors leave {@link conditionField} in the document. */
	readonly conditional: boolean;
	/** What has to stand in that field; anything will do where this is left out. */
	readonly expected?: string;
	/** Whether the way goes on only where the document is still written to the index it was sent to. */
	readonly staysInIndex?: boolean;
}

/** A processor of the sidecar's among those that a write goes through. */
export interface Step {
	/** The field by which a document shows that the sidecar has seen it. */
	readonly mark: string;
	/** Its key within the document's mark. */
	readonly key: string;
	readonly processor: Processor;
	/** Empty where the step's texts are those of the document itself. */
	readonly stages: readonly Stage[];
	/** Whether it has a condition: that of its last stage. Where it does not hold, a guard has to be passed all the same. */
	readonly conditional: boolean;
	/** Whether it stands within a `foreach`, which runs it if there is anything in its list. */
	readonly inForeach?: boolean;
	/** The id of its pipeline, where that may have run before in the same write: a mark lasts for one run. */
	readonly repeats?: string;
}
