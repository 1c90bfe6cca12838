import type { RemoteResult, RemoteRun } from "../../schemas/remote-run.ts";
import { SidecarError } from "../errors.ts";
import type { InferenceService } from "./inference.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import type { RemoteModelFacts } from "./remote-models.ts";
import { toRemote } from "./remote-result.ts";

/** Runs models of this sidecar's memory for other sidecars. */
export class ModelRuns {
	readonly #loader: ModelLoader;
	readonly #inference: InferenceService;

	constructor(loader: ModelLoader, inference: InferenceService) {
		this.#loader = loader;
		this.#inference = inference;
	}

	/** @throws SidecarError upstream_unavailable where the model is not in memory */
	facts(id: string): RemoteModelFacts {
		const { loaded } = this.#require(id);
		const { vocabulary } = loaded.facts;
		return {
			function_name: loaded.spec.functionName,
			...(vocabulary && { vocabulary: [...vocabulary] }),
		};
	}

	/** @throws SidecarError as the model does; upstream_unavailable where it is not in memory */
	async run(
		id: string,
		{ inputs, lane }: RemoteRun,
		signal: AbortSignal,
	): Promise<RemoteResult[]> {
		const results = await this.#inference.run(this.#require(id), {
			modelId: id,
			inputs,
			lane,
			signal,
		});
		return results.map(toRemote);
	}

	#require(id: string): ReadyModel {
		const ready = this.#loader.get(id);
		if (ready) return ready;
		throw new SidecarError(
			"upstream_unavailable",
			`model ${id} is not in the memory of this sidecar any more`,
		);
	}
}
