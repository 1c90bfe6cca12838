import type { Node } from "jsonc-parser";
import type { SearchPipeline } from "../../search/pipelines/search-pipeline.ts";
import {
	type TwoPhaseSearch,
	twoPhaseSearch,
} from "../../search/queries/two-phase.ts";

/** What a search says, besides a query, of what the query means. */
export interface QueryContext {
	/** The indices that the search names; undefined where it names none. */
	readonly target: string | undefined;
	/** Whether it searches in what a point in time holds: then it names no indices. */
	readonly pointInTime: boolean;
	/** The model that its pipeline gives to a query on a field that names none. */
	enriched(field: string): string | undefined;
	/** Whether its pipeline gives models at all. */
	readonly enriches: boolean;
	readonly twoPhase: TwoPhaseSearch | undefined;
}

/** The parts of a search that matter for its queries. */
export interface QueriedSearch {
	readonly target: string | undefined;
	readonly pipeline: SearchPipeline | undefined;
	/** The search's own, where it has one. */
	readonly size: number | undefined;
	/** A member of the body's top level. */
	member(name: string): Node | undefined;
}

/** @throws SidecarError where a processor of the pipeline refuses the search */
export function queryContext({
	target,
	pipeline,
	size,
	member,
}: QueriedSearch): QueryContext {
	const processors = pipeline?.request ?? [];
	const enrichers = processors.filter(
		(processor) => processor.kind === "enricher",
	);
	const twoPhase = processors.find(
		(processor) =>
			processor.kind === "twoPhase" &&
			processor.enabled &&
			processor.prune.ratio !== 0,
	);
	return {
		target,
		pointInTime: member("pit") !== undefined,
		enriched(field) {
			for (const { fieldModelIds, defaultModelId } of enrichers) {
				const modelId = fieldModelIds.get(field) ?? defaultModelId;
				if (modelId !== undefined) return modelId;
			}
			return undefined;
		},
		enriches: enrichers.length > 0,
		twoPhase:
			twoPhase?.kind === "twoPhase"
				? twoPhaseSearch(
						{ query: member("query"), rescore: member("rescore") },
						{ ...twoPhase, size },
					)
				: undefined,
	};
}
