import type { Prune } from "../../../ingest/processors/prune.ts";

/** What of a search pipeline is the sidecar's to do; the cluster runs the rest. */
export interface SearchPipeline {
	/** The request processors that the sidecar runs, in order. */
	readonly request: readonly RequestProcessor[];
	/** How the sub-queries of a `hybrid` query become one score. Undefined: the pipeline does not say. */
	readonly combination: HybridCombination | undefined;
	/** The response processors that the sidecar runs, in order: from the first of its own on, all of them. */
	readonly response: readonly ResponseProcessor[];
	/** The prefixes under which the cluster's `oversample` processors remember how many hits were asked for. */
	readonly oversampled: ReadonlySet<string | undefined>;
	/** By how much they multiply that number, all together; 1 without any. */
	readonly sampleFactor: number;
	/** Whether all of it is the sidecar's. */
	readonly isOwn: boolean;
}

/** What every processor can say of itself. */
export interface ProcessorRules {
	readonly tag: string | undefined;
	/** Whether the search goes on where the processor fails. */
	readonly ignoreFailure: boolean;
}

export type RequestProcessor = NeuralQueryEnricher | TwoPhase;

/** Gives the model to queries that name none. */
export interface NeuralQueryEnricher extends ProcessorRules {
	readonly kind: "enricher";
	readonly defaultModelId: string | undefined;
	/** By field; they stand before the default. */
	readonly fieldModelIds: ReadonlyMap<string, string>;
}

/** Searches by the heavy tokens of a `neural_sparse` query first, and by all of them among what that finds. */
export interface TwoPhase extends ProcessorRules {
	readonly kind: "twoPhase";
	readonly enabled: boolean;
	/** How the heavy tokens are told from the light ones. */
	readonly prune: Prune;
	/** Of how many hits, as a multiple of the search's size, the light tokens are looked at. */
	readonly expansionRate: number;
	/** That many hits at most. */
	readonly maxWindowSize: number;
}

/** How the scores that a document has in several queries become one. */
export type Mean = "arithmetic_mean" | "geometric_mean" | "harmonic_mean";

/** What is done to scores of a sub-query below or above a score. */
export interface Bound {
	readonly mode: "apply" | "clip" | "ignore";
	readonly score: number;
}

/** How the sub-queries of a `hybrid` query become one score. Weights stand by sub-query; none: all weigh alike. */
export type HybridCombination = Normalization | RankFusion;

export interface Normalization {
	readonly kind: "normalization";
	readonly normalization: "min_max" | "l2" | "z_score";
	/** By sub-query, for `min_max` alone; undefined where the pipeline gives none. */
	readonly lowerBounds: readonly Bound[] | undefined;
	readonly upperBounds: readonly Bound[] | undefined;
	readonly combination: Mean;
	readonly weights: readonly number[];
}

export interface RankFusion {
	readonly kind: "rrf";
	readonly rankConstant: number;
	/** `rrf`: the weighted sum of the reciprocal ranks. */
	readonly combination: "rrf" | Mean;
	readonly weights: readonly number[];
}

export type ResponseProcessor =
	| Rerank
	| HybridScoreExplanation
	| CoreResponseProcessor;

export interface Rerank extends ProcessorRules {
	readonly kind: "rerank";
	readonly by: RerankByModel | RerankByField;
}

export interface RerankByModel {
	readonly type: "ml_opensearch";
	readonly modelId: string;
	/** Undefined: the pipeline names none. */
	readonly documentFields: readonly string[] | undefined;
}

export interface RerankByField {
	readonly type: "by_field";
	readonly targetField: string;
	readonly removeTargetField: boolean;
	readonly keepPreviousScore: boolean;
}

export interface HybridScoreExplanation extends ProcessorRules {
	readonly kind: "explanation";
}

/** A processor of OpenSearch's own, which the sidecar runs where it stands behind one of the sidecar's. */
export type CoreResponseProcessor =
	| TruncateHits
	| RenameField
	| SortValues
	| SplitText
	| CollapseHits;

export interface TruncateHits extends ProcessorRules {
	readonly kind: "truncate_hits";
	/** Undefined: as many hits as were asked for before an `oversample`. */
	readonly targetSize: number | undefined;
	readonly contextPrefix: string | undefined;
}

export interface RenameField extends ProcessorRules {
	readonly kind: "rename_field";
	readonly field: string;
	readonly targetField: string;
	readonly ignoreMissing: boolean;
}

export interface SortValues extends ProcessorRules {
	readonly kind: "sort";
	readonly field: string;
	readonly order: "asc" | "desc";
	readonly targetField: string;
}

export interface SplitText extends ProcessorRules {
	readonly kind: "split";
	readonly field: string;
	readonly separator: string;
	readonly preserveTrailing: boolean;
	readonly targetField: string;
}

export interface CollapseHits extends ProcessorRules {
	readonly kind: "collapse";
	readonly field: string;
}
