import { Counter, Gauge, type Registry } from "prom-client";
import { lanes } from "../runtime/lanes.ts";
import type { ModelStats } from "../runtime/model-spec.ts";

/** A number of a model, by the name it is shown under. */
interface ModelNumber {
	name: string;
	help: string;
	/** Undefined where it is not known now: then there is no sample. */
	read: (stats: ModelStats) => number | undefined;
}

const gauges: readonly ModelNumber[] = [
	{
		name: "sidecar_model_allocations",
		help: "Worker threads of a model that run texts now",
		read: ({ allocations }) => allocations,
	},
	{
		name: "sidecar_model_resident_memory_bytes",
		help: "Resident memory of a model's process",
		read: ({ residentBytes }) =>
			residentBytes === 0 ? undefined : residentBytes,
	},
	{
		name: "sidecar_model_cache_entries",
		help: "Results that are kept for a model; models of one content and configuration share them",
		read: ({ cache }) => cache?.entries,
	},
	{
		name: "sidecar_model_cache_bytes",
		help: "Memory of those results, with what keeping them costs",
		read: ({ cache }) => cache?.bytes,
	},
];

const counters: readonly ModelNumber[] = [
	{
		name: "sidecar_model_cache_hits_total",
		help: "Texts whose result was kept",
		read: ({ cache }) => cache?.hits,
	},
	{
		name: "sidecar_model_cache_misses_total",
		help: "Texts that were looked for among the results and not found",
		read: ({ cache }) => cache?.misses,
	},
	{
		name: "sidecar_model_cache_evictions_total",
		help: "Results that gave way to others",
		read: ({ cache }) => cache?.evictions,
	},
];

/**
 * Puts into a registry what is asked at every scrape: what the models in memory say of themselves.
 *
 * @param models the models in memory, by id
 */
export function registerModelGauges(
	registry: Registry,
	models: () => ReadonlyMap<string, ModelStats>,
): void {
	const registers = [registry];
	new Gauge({
		name: "sidecar_deployed_models",
		help: "Models that this sidecar has in memory",
		registers,
		collect() {
			this.set(models().size);
		},
	});
	new Gauge({
		name: "sidecar_model_queued_texts",
		help: "Texts that wait or run",
		labelNames: ["model_id", "lane"] as const,
		registers,
		collect() {
			this.reset();
			for (const [model_id, { queued }] of models())
				for (const lane of lanes) this.set({ model_id, lane }, queued[lane]);
		},
	});
	const described = ({ name, help }: ModelNumber) => ({
		name,
		help,
		labelNames: ["model_id"] as const,
		registers,
	});
	for (const number of gauges)
		new Gauge({
			...described(number),
			collect() {
				this.reset();
				for (const [id, value] of known(models(), number))
					this.set({ model_id: id }, value);
			},
		});
	for (const number of counters)
		new Counter({
			...described(number),
			collect() {
				this.reset();
				for (const [id, value] of known(models(), number))
					this.inc({ model_id: id }, value);
			},
		});
}

function known(
	models: ReadonlyMap<string, ModelStats>,
	{ read }: ModelNumber,
): [string, number][] {
	return [...models].flatMap(([id, stats]) => {
		const value = read(stats);
		return value === undefined ? [] : [[id, value]];
	});
}
