import type { RemoteResult, RemoteRun } from "../../schemas/remote-run.ts";
import { SidecarError } from "../errors.ts";
import type { Convergence } from "./convergence.ts";
import { Deadline } from "./deadline.ts";
import type { InferenceService } from "./inference.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import type { RemoteModelFacts } from "./remote-models.ts";
import { toRemote } from "./remote-result.ts";

/** Runs models of this sidecar's memory for other sidecars. */
export class ModelRuns {
	readonly #loader: ModelLoader;
	readonly #convergence: Convergence;
	readonly #inference: InferenceService;

	constructor(
		loader: ModelLoader,
		convergence: Convergence,
		inference: InferenceService,
	) {
		this.#loader = loader;
		this.#convergence = convergence;
		this.#inference = inference;
	}

	/** @throws SidecarError upstream_unavailable where the model is not deployed here */
	async facts(id: string): Promise<RemoteModelFacts> {
		const { loaded } = await this.#require(id);
		const { vocabulary } = loaded.facts;
		return {
			function_name: loaded.spec.functionName,
			...(vocabulary && { vocabulary: [...vocabulary] }),
		};
	}

	/** @throws SidecarError as the model does; upstream_unavailable where it is not deployed here */
	async run(
		id: string,
		{ inputs, lane, timeout_ms, when_full }: RemoteRun,
		signal: AbortSignal,
	): Promise<RemoteResult[]> {
		const deadline =
			timeout_ms === undefined ? undefined : Deadline.after(timeout_ms);
		const required = this.#require(id);
		const ready = await (deadline ? deadline.hold(id, required) : required);
		const results = await this.#inference.run(ready, {
			modelId: id,
			inputs,
			lane,
			terms: {
				signal,
				...(deadline && { deadline }),
				...(when_full && { whenFull: when_full }),
			},
		});
		return results.map(toRemote);
	}

	async #require(id: string): Promise<ReadyModel> {
		const ready = this.#loader.get(id);
		if (ready) return ready;
		// The other sidecar can't know that it is not in memory now: it had to leave, is on its way, or this process is new.
		if (!this.#convergence.hasFailed(id)) {
			const outcome = await this.#convergence.run(id);
			if ("ready" in outcome) return outcome.ready;
			if ("error" in outcome) throw outcome.error;
		}
		throw new SidecarError(
			"upstream_unavailable",
			`model ${id} is not in the memory of this sidecar any more`,
		);
	}
}
