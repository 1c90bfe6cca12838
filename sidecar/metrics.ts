import {
	Counter,
	collectDefaultMetrics,
	Gauge,
	Histogram,
	Registry,
} from "prom-client";

/** Bounds of the histograms of times: from a cached answer to one that nobody waits for. */
const seconds = [
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30,
];

/** Every metric of the sidecar, each declared once. */
export class Metrics {
	readonly registry = new Registry();

	readonly requests = new Histogram({
		name: "sidecar_request_duration_seconds",
		help: "Time from a request's arrival to the end of its answer",
		labelNames: ["route", "method", "status"] as const,
		buckets: seconds,
		registers: [this.registry],
	});

	readonly embeddings = new Histogram({
		name: "sidecar_embedding_duration_seconds",
		help: "Time from handing texts to a model until all their vectors are there",
		labelNames: ["model_id", "lane"] as const,
		buckets: seconds,
		registers: [this.registry],
	});

	readonly texts = new Counter({
		name: "sidecar_embedded_texts_total",
		help: "Texts that were embedded",
		labelNames: ["model_id", "lane"] as const,
		registers: [this.registry],
	});

	readonly tokens = new Counter({
		name: "sidecar_embedded_tokens_total",
		help: "Tokens of the texts that were embedded, special tokens included",
		labelNames: ["model_id", "lane"] as const,
		registers: [this.registry],
	});

	readonly truncated = new Counter({
		name: "sidecar_truncated_texts_total",
		help: "Texts that were cut at the model's window",
		labelNames: ["model_id", "lane"] as const,
		registers: [this.registry],
	});

	readonly failures = new Counter({
		name: "sidecar_embedding_failures_total",
		help: "Calls to a model that failed",
		labelNames: ["model_id", "lane"] as const,
		registers: [this.registry],
	});

	/** @param modelsInMemory is asked at every scrape */
	constructor(modelsInMemory: () => number) {
		collectDefaultMetrics({ register: this.registry });
		new Gauge({
			name: "sidecar_deployed_models",
			help: "Models that this sidecar has in memory",
			registers: [this.registry],
			collect() {
				this.set(modelsInMemory());
			},
		});
	}
}
