import { guardsIn } from "../../ingest/pipelines/guard.ts";
import type { PipelineStore } from "../store/pipelines.ts";

/** The ids of the ingest pipelines that run a model, as the cluster has them at this moment. */
export async function pipelinesWith(
	store: PipelineStore,
	modelId: string,
): Promise<string[]> {
	const stored = await store.all();
	return [...stored]
		.filter(([, definition]) =>
			guardsIn(definition).some(
				({ processor }) =>
					"modelId" in processor && processor.modelId === modelId,
			),
		)
		.map(([id]) => id)
		.sort();
}
