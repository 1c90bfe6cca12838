import { performance } from "node:perf_hooks";
import { SidecarError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Lane } from "../runtime/lanes.ts";
import type { ModelInput, ModelResult } from "../runtime/model-result.ts";
import type { Activity } from "./activity.ts";
import type { DeploymentService } from "./deployments.ts";
import type { ReadyModel } from "./model-loader.ts";

export interface InferenceRequest {
	modelId: string;
	inputs: readonly ModelInput[];
	lane: Lane;
	signal?: AbortSignal;
}

export interface InferenceOptions {
	deployments: DeploymentService;
	metrics: Metrics;
	activity: Activity;
}

/** Runs deployed models, whatever their function; each distinct input of a request is run once. */
export class InferenceService {
	readonly #options: InferenceOptions;

	constructor(options: InferenceOptions) {
		this.#options = options;
	}

	/** The model, ready to run. @throws SidecarError where it is not deployed */
	require(modelId: string): Promise<ReadyModel> {
		return this.#options.deployments.require(modelId);
	}

	/** What the model makes of the inputs, in their order. @throws SidecarError */
	async run(
		ready: ReadyModel,
		request: InferenceRequest,
	): Promise<ModelResult[]> {
		// Another sidecar's run counts there.
		if (!ready.local) return this.#runDistinct(ready, request);
		const { activity } = this.#options;
		const { modelId } = request;
		const algorithm = ready.loaded.spec.functionName;
		const counted = { action: "predict" as const, algorithm, modelId };
		activity.begin(counted);
		const start = performance.now();
		try {
			return await activity.during(() => this.#runDistinct(ready, request));
		} catch (error) {
			activity.fail(counted);
			throw error;
		} finally {
			activity.time(modelId, "inference", performance.now() - start);
		}
	}

	async #runDistinct(
		{ loaded }: ReadyModel,
		{ modelId, inputs, lane, signal }: InferenceRequest,
	): Promise<ModelResult[]> {
		const { metrics } = this.#options;
		const distinct = new Map(inputs.map((input) => [keyOf(input), input]));
		const labels = { model_id: modelId, lane };
		const start = performance.now();
		let results: ModelResult[];
		try {
			results = await loaded.run([...distinct.values()], {
				lane,
				...(signal && { signal }),
			});
		} catch (error) {
			metrics.failures.inc(labels);
			throw error;
		}
		metrics.embeddings.observe(labels, (performance.now() - start) / 1000);
		metrics.texts.inc(labels, distinct.size);
		metrics.tokens.inc(labels, sum(results.map(({ tokens }) => tokens)));
		metrics.truncated.inc(
			labels,
			results.filter(({ truncated }) => truncated).length,
		);
		const byKey = new Map(
			[...distinct.keys()].map((key, index) => [key, results[index]]),
		);
		return inputs.map((input) => {
			const result = byKey.get(keyOf(input));
			if (!result)
				throw new SidecarError("internal", "an input came back without result");
			return result;
		});
	}
}

/** A text is its own key, and no pair's: a request has texts or pairs. */
function keyOf(input: ModelInput): string {
	return typeof input === "string" ? input : JSON.stringify(input);
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
