import { guardsIn } from "../../ingest/pipelines/guard.ts";
import { isSemanticPipeline } from "../../ingest/semantic/semantic-pipeline.ts";
import type { PipelineStore } from "../store/pipelines.ts";

/**
 * The ids of the ingest pipelines that run a model, as the cluster has them at this moment: those that clients have
 * stored. One that was made for a `semantic` field may have outlived its index.
 */
export async function pipelinesWith(
	store: PipelineStore,
	modelId: string,
): Promise<string[]> {
	const stored = await store.all();
	return [...stored]
		.filter(([id]) => !isSemanticPipeline(id))
		.filter(([, definition]) =>
			guardsIn(definition).some(
				({ processor }) =>
					"modelId" in processor && processor.modelId === modelId,
			),
		)
		.map(([id]) => id)
		.sort();
}
