import { performance } from "node:perf_hooks";
import { SidecarError } from "../errors.ts";
import type { Lane } from "../runtime/lanes.ts";
import type { ModelInput, ModelResult } from "../runtime/model-result.ts";
import type { Activity } from "./activity.ts";
import type { Deadline } from "./deadline.ts";
import type { DeploymentService } from "./deployments.ts";
import type { ReadyModel } from "./model-loader.ts";
import { type RunTerms, runOptions } from "./run-terms.ts";

export interface InferenceRequest {
	modelId: string;
	inputs: readonly ModelInput[];
	lane: Lane;
	terms?: RunTerms;
}

export interface InferenceOptions {
	deployments: DeploymentService;
	activity: Activity;
}

/** Runs deployed models, whatever their function. */
export class InferenceService {
	readonly #options: InferenceOptions;

	constructor(options: InferenceOptions) {
		this.#options = options;
	}

	/** The model, ready to run. @throws SidecarError where it is not deployed; timeout where it is not there in time */
	require(modelId: string, deadline?: Deadline): Promise<ReadyModel> {
		const ready = this.#options.deployments.require(modelId);
		return deadline ? deadline.hold(modelId, ready) : ready;
	}

	/** What the model makes of the inputs, in their order. @throws SidecarError */
	async run(
		ready: ReadyModel,
		request: InferenceRequest,
	): Promise<ModelResult[]> {
		const { modelId, terms: { deadline, truncated } = {} } = request;
		try {
			const results = await this.#runCounted(ready, request);
			truncated?.note(results);
			return results;
		} catch (error) {
			// What is known below is that it was too late, not what the client had asked for.
			throw deadline &&
				error instanceof SidecarError &&
				error.code === "timeout"
				? deadline.error(modelId, error)
				: error;
		}
	}

	async #runCounted(
		ready: ReadyModel,
		request: InferenceRequest,
	): Promise<ModelResult[]> {
		// Another sidecar's run counts there.
		if (!ready.local) return this.#runAll(ready, request);
		const { activity } = this.#options;
		const { modelId } = request;
		const algorithm = ready.loaded.spec.functionName;
		const counted = { action: "predict" as const, algorithm, modelId };
		activity.begin(counted);
		const start = performance.now();
		try {
			return await activity.during(() => this.#runAll(ready, request));
		} catch (error) {
			activity.fail(counted);
			throw error;
		} finally {
			activity.time(modelId, "inference", performance.now() - start);
		}
	}

	#runAll(
		{ loaded }: ReadyModel,
		{ inputs, lane, terms = {} }: InferenceRequest,
	): Promise<ModelResult[]> {
		return loaded.run(inputs, { lane, ...runOptions(terms) });
	}
}
