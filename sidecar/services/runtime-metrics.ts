import { Counter, Histogram, type Registry } from "prom-client";
import { type Lane, lanes } from "../runtime/lanes.ts";
import {
	type LossReason,
	lossReasons,
	type ObservedRun,
	type RuntimeObserver,
} from "../runtime/observer.ts";

const laneLabels = ["model_id", "lane"] as const;

/** Bounds of the times of a text: from a short one that does not wait to one that nobody waits for. */
const seconds = [
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
	0.5, 1, 2.5, 5, 10, 30, 60,
];
const batchSizes = [1, 2, 4, 8, 16, 32, 64];
const sparings = ["kept", "shared"] as const;

/** Counts and times what the models of this sidecar's memory run, for each of them until it has left memory. */
export class RuntimeMetrics implements RuntimeObserver {
	readonly #registry: Registry;
	readonly #queue: Histogram<"model_id" | "lane">;
	readonly #tokenize: Histogram<"model_id" | "lane">;
	readonly #run: Histogram<"model_id" | "lane">;
	readonly #total: Histogram<"model_id" | "lane">;
	readonly #batch: Histogram<"model_id" | "lane">;
	readonly #texts: Counter<"model_id" | "lane">;
	readonly #tokens: Counter<"model_id" | "lane">;
	readonly #truncated: Counter<"model_id" | "lane">;
	readonly #lost: Counter<"model_id" | "lane" | "reason">;
	readonly #spared: Counter<"model_id" | "lane" | "how">;
	readonly #restarts: Counter<"model_id">;

	constructor(registry: Registry) {
		this.#registry = registry;
		this.#queue = this.#histogram(
			"sidecar_model_queue_duration_seconds",
			"Time of a text from its arrival to its run, tokenizing not counted",
		);
		this.#tokenize = this.#histogram(
			"sidecar_model_tokenize_duration_seconds",
			"Time of tokenizing a text",
		);
		this.#run = this.#histogram(
			"sidecar_model_run_duration_seconds",
			"Time of a text's run, which it may share with others",
		);
		this.#total = this.#histogram(
			"sidecar_model_total_duration_seconds",
			"Time of a text from its arrival to its answer",
		);
		this.#batch = this.#histogram(
			"sidecar_model_batch_texts",
			"Texts that were in a text's run, itself included",
			batchSizes,
		);
		this.#texts = this.#counter(
			"sidecar_model_texts_total",
			"Texts that were run",
		);
		this.#tokens = this.#counter(
			"sidecar_model_tokens_total",
			"Tokens of those texts, special ones included",
		);
		this.#truncated = this.#counter(
			"sidecar_model_truncated_texts_total",
			"Texts of those that were cut at the model's window",
		);
		this.#lost = new Counter({
			name: "sidecar_model_lost_texts_total",
			help: "Texts that were not run: `rejected` on arrival, `expired` at their deadline, `cancelled` by their client, `failed` in the model",
			labelNames: [...laneLabels, "reason"] as const,
			registers: [registry],
		});
		this.#spared = new Counter({
			name: "sidecar_model_spared_texts_total",
			help: "Texts that needed no run of their own: their result was `kept`, or they `shared` an equal text's run",
			labelNames: [...laneLabels, "how"] as const,
			registers: [registry],
		});
		this.#restarts = new Counter({
			name: "sidecar_model_restarts_total",
			help: "Starts of a model's process after one that ended by itself",
			labelNames: ["model_id"] as const,
			registers: [registry],
		});
	}

	ran(run: ObservedRun): void {
		const labels = { model_id: run.modelId, lane: run.lane };
		this.#queue.observe(labels, run.queued);
		this.#tokenize.observe(labels, run.tokenizing);
		this.#run.observe(labels, run.running);
		this.#total.observe(labels, run.total);
		this.#batch.observe(labels, run.batch);
		this.#texts.inc(labels);
		this.#tokens.inc(labels, run.tokens);
		this.#truncated.inc(labels, run.truncated ? 1 : 0);
	}

	lost(modelId: string, lane: Lane, reason: LossReason, inputs: number): void {
		this.#lost.inc({ model_id: modelId, lane, reason }, inputs);
	}

	spared(modelId: string, lane: Lane, how: "kept" | "shared"): void {
		this.#spared.inc({ model_id: modelId, lane, how });
	}

	restarted(modelId: string): void {
		this.#restarts.inc({ model_id: modelId });
	}

	gone(modelId: string): void {
		for (const lane of lanes) {
			const labels = { model_id: modelId, lane };
			for (const metric of [
				this.#queue,
				this.#tokenize,
				this.#run,
				this.#total,
				this.#batch,
				this.#texts,
				this.#tokens,
				this.#truncated,
			])
				metric.remove(labels);
			for (const reason of lossReasons)
				this.#lost.remove({ ...labels, reason });
			for (const how of sparings) this.#spared.remove({ ...labels, how });
		}
		this.#restarts.remove({ model_id: modelId });
	}

	#histogram(name: string, help: string, buckets = seconds) {
		return new Histogram({
			name,
			help,
			labelNames: laneLabels,
			buckets,
			registers: [this.#registry],
		});
	}

	#counter(name: string, help: string) {
		return new Counter({
			name,
			help,
			labelNames: laneLabels,
			registers: [this.#registry],
		});
	}
}
