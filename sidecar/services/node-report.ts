import { getHeapStatistics } from "node:v8";
import type {
	ModelProfile,
	NodeProfile,
	NodeStats,
} from "../../schemas/stats.ts";
import type { ModelStats } from "../runtime/model-spec.ts";
import type { Activity } from "./activity.ts";
import type { DiskBreaker } from "./disk-breaker.ts";
import type { ModelLoader } from "./model-loader.ts";
import { runtimeProfile } from "./runtime-profile.ts";

/** What one sidecar says of itself. */
export class NodeReport {
	readonly #activity: Activity;
	readonly #loader: ModelLoader;
	readonly #breaker: DiskBreaker;

	constructor(activity: Activity, loader: ModelLoader, breaker: DiskBreaker) {
		this.#activity = activity;
		this.#loader = loader;
		this.#breaker = breaker;
	}

	/** Its counters since it began, under ml-commons' names; the heap is this process's. */
	stats(): NodeStats {
		const heap = getHeapStatistics();
		return {
			counters: {
				...this.#activity.counters,
				ml_deployed_model_count: this.#loader.ids().length,
				ml_circuit_breaker_trigger_count: this.#breaker.trips,
				ml_jvm_heap_usage: Math.round(
					(heap.used_heap_size / heap.heap_size_limit) * 100,
				),
			},
			...this.#activity.actions,
		};
	}

	/** The models in its memory. */
	profile(): NodeProfile {
		return Object.fromEntries(
			[...this.#loader.stats()].map(([id, stats]) => [
				id,
				this.#modelProfile(id, stats),
			]),
		);
	}

	#modelProfile(id: string, stats: ModelStats): ModelProfile {
		const inference = this.#activity.latencies(id, "inference");
		const request = this.#activity.latencies(id, "request");
		return {
			predictor: `onnxruntime@${stats.pid ?? "restarting"}`,
			...(inference && { model_inference_stats: inference }),
			...(request && { predict_request_stats: request }),
			sidecar: runtimeProfile(stats),
		};
	}
}
