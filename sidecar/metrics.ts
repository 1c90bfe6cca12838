import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** Bounds of the times of requests: from one that is passed on to one that nobody waits for. */
const seconds = [
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30,
];

/** The sidecar's metrics: those of the process and of its requests, and whatever else is put into the registry. */
export class Metrics {
	readonly registry = new Registry();

	readonly requests = new Histogram({
		name: "sidecar_request_duration_seconds",
		help: "Time from a request's arrival to the end of its answer",
		labelNames: ["route", "method", "status"] as const,
		buckets: seconds,
		registers: [this.registry],
	});

	constructor() {
		collectDefaultMetrics({ register: this.registry });
	}
}
