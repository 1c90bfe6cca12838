import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Metrics } from "../../sidecar/metrics.ts";
import type { ModelStats } from "../../sidecar/runtime/model-spec.ts";
import type { ObservedRun } from "../../sidecar/runtime/observer.ts";
import { registerModelGauges } from "../../sidecar/services/model-gauges.ts";
import { RuntimeMetrics } from "../../sidecar/services/runtime-metrics.ts";
import { startSidecar } from "../helpers/sidecar.ts";

const run: ObservedRun = {
	modelId: "m",
	lane: "search",
	tokens: 9,
	truncated: false,
	queued: 0.002,
	tokenizing: 0.0001,
	running: 0.004,
	total: 0.0062,
	batch: 3,
};

const cache = {
	hits: 7,
	misses: 8,
	evictions: 2,
	entries: 6,
	bytes: 9_000,
	maxBytes: 10_000,
};

const stats: ModelStats = {
	state: "ready",
	pid: 1,
	allocations: 2,
	threadsPerAllocation: 1,
	queued: { search: 3, ingest: 40 },
	texts: 5,
	tokens: 50,
	truncated: 1,
	failed: 0,
	rejected: 0,
	expired: 0,
	cancelled: 0,
	restarts: 0,
	runSeconds: 0.1,
	residentBytes: 123_000,
	cache,
};

/** A scrape, and the sample of a name with its labels in it. */
async function scraped({ registry }: Metrics) {
	const text = await registry.metrics();
	return (sample: string) => {
		const line = text.split("\n").find((line) => line.startsWith(`${sample} `));
		return line === undefined ? undefined : Number(line.split(" ").at(-1));
	};
}

describe("the metrics of models", () => {
	it("say for each model and lane where the time of its texts went", async () => {
		const metrics = new Metrics();
		const observer = new RuntimeMetrics(metrics.registry);
		observer.ran(run);
		observer.ran({ ...run, tokens: 256, truncated: true });
		observer.ran({ ...run, lane: "ingest" });
		const sample = await scraped(metrics);
		const labels = '{model_id="m",lane="search"}';
		expect(sample(`sidecar_model_texts_total${labels}`)).toBe(2);
		expect(sample(`sidecar_model_tokens_total${labels}`)).toBe(265);
		expect(sample(`sidecar_model_truncated_texts_total${labels}`)).toBe(1);
		for (const [name, sum] of Object.entries({
			queue_duration_seconds: 0.004,
			tokenize_duration_seconds: 0.0002,
			run_duration_seconds: 0.008,
			total_duration_seconds: 0.0124,
			batch_texts: 6,
		})) {
			expect(sample(`sidecar_model_${name}_sum${labels}`)).toBeCloseTo(sum, 9);
			expect(sample(`sidecar_model_${name}_count${labels}`)).toBe(2);
		}
		expect(
			sample('sidecar_model_texts_total{model_id="m",lane="ingest"}'),
		).toBe(1);
	});

	it("tell a text of a fifth of a millisecond from one of a minute", async () => {
		const metrics = new Metrics();
		const observer = new RuntimeMetrics(metrics.registry);
		for (const total of [0.0002, 59]) observer.ran({ ...run, total });
		const sample = await scraped(metrics);
		const upTo = (seconds: number) =>
			sample(
				`sidecar_model_total_duration_seconds_bucket{le="${seconds}",model_id="m",lane="search"}`,
			);
		expect([0.0001, 0.00025, 30, 60].map(upTo)).toEqual([0, 1, 1, 2]);
	});

	it("say why texts were not run", async () => {
		const metrics = new Metrics();
		const observer = new RuntimeMetrics(metrics.registry);
		observer.lost("m", "ingest", "rejected", 64);
		observer.lost("m", "ingest", "expired", 2);
		observer.spared("m", "search", "kept");
		observer.spared("m", "search", "shared");
		observer.spared("m", "search", "kept");
		observer.restarted("m");
		const sample = await scraped(metrics);
		const lost = (reason: string) =>
			sample(
				`sidecar_model_lost_texts_total{model_id="m",lane="ingest",reason="${reason}"}`,
			);
		expect([lost("rejected"), lost("expired")]).toEqual([64, 2]);
		const spared = (how: string) =>
			sample(
				`sidecar_model_spared_texts_total{model_id="m",lane="search",how="${how}"}`,
			);
		expect([spared("kept"), spared("shared")]).toEqual([2, 1]);
		expect(sample('sidecar_model_restarts_total{model_id="m"}')).toBe(1);
	});

	it("are those of models in memory: one that is gone fills no scrape for ever", async () => {
		const metrics = new Metrics();
		const observer = new RuntimeMetrics(metrics.registry);
		const models = new Map([
			["m", stats],
			["other", stats],
		]);
		registerModelGauges(metrics.registry, () => models);
		for (const modelId of ["m", "other"])
			for (const lane of ["search", "ingest"] as const) {
				observer.ran({ ...run, modelId, lane });
				for (const reason of [
					"rejected",
					"expired",
					"cancelled",
					"failed",
				] as const)
					observer.lost(modelId, lane, reason, 1);
				for (const how of ["kept", "shared"] as const)
					observer.spared(modelId, lane, how);
				observer.restarted(modelId);
			}
		const linesOf = async (id: string) =>
			(await metrics.registry.metrics())
				.split("\n")
				.filter((line) => line.includes(`model_id="${id}"`)).length;
		const before = await linesOf("other");
		expect(await linesOf("m")).toBe(before);
		observer.gone("m");
		models.delete("m");
		expect(await linesOf("m")).toBe(0);
		expect(await linesOf("other")).toBe(before);
	});

	it("are asked for at every scrape, where they are a state", async () => {
		const metrics = new Metrics();
		const models = new Map([["m", stats]]);
		registerModelGauges(metrics.registry, () => models);
		await scraped(metrics);
		models.set("m", {
			...stats,
			queued: { search: 0, ingest: 1 },
			cache: { ...cache, hits: 9 },
		});
		const sample = await scraped(metrics);
		expect(sample("sidecar_deployed_models")).toBe(1);
		const queued = (lane: string) =>
			sample(`sidecar_model_queued_texts{model_id="m",lane="${lane}"}`);
		expect([queued("search"), queued("ingest")]).toEqual([0, 1]);
		const of = (name: string) => sample(`sidecar_model_${name}{model_id="m"}`);
		expect(of("allocations")).toBe(2);
		expect(of("resident_memory_bytes")).toBe(123_000);
		expect(of("cache_entries")).toBe(6);
		expect(of("cache_bytes")).toBe(9_000);
		expect(of("cache_hits_total")).toBe(9);
		expect(of("cache_misses_total")).toBe(8);
		expect(of("cache_evictions_total")).toBe(2);
		models.set("m", { ...stats, residentBytes: 0, cache: undefined });
		const unknown = await scraped(metrics);
		for (const name of ["resident_memory_bytes", "cache_hits_total"])
			expect(unknown(`sidecar_model_${name}{model_id="m"}`)).toBeUndefined();
	});
});

describe("the README", () => {
	it("has every metric that the sidecar shows, with type, labels and meaning", async () => {
		const readme = readFileSync(
			join(import.meta.dirname, "../../README.md"),
			"utf8",
		);
		const rows = readme
			.split("\n")
			.filter((line) => line.startsWith("| `sidecar_"));
		const metrics = new Metrics();
		new RuntimeMetrics(metrics.registry);
		registerModelGauges(metrics.registry, () => new Map());
		const shown = metrics.registry
			.getMetricsAsArray()
			.filter(({ name }) => name.startsWith("sidecar_"))
			.map((metric) => {
				const { name, help } = metric;
				const type: unknown = Reflect.get(metric, "type");
				const labels: unknown = Reflect.get(metric, "labelNames");
				const names = Array.isArray(labels)
					? labels.map((label) => `\`${label}\``).join(", ")
					: "";
				return `| \`${name}\` | ${type} | ${names} | ${help} |`;
			});
		expect(rows).toEqual(shown);
		const sidecar = await startSidecar(
			{ OPENSEARCH_URL: "http://127.0.0.1:9" },
			{ joins: false },
		);
		const { text } = await sidecar.call("GET", "/_sidecar/metrics");
		await sidecar.close();
		const here = [...text.matchAll(/^# HELP (sidecar_\w+) /gm)];
		expect(here.map(([, name]) => name).sort()).toEqual(
			rows.map((row) => row.split("`")[1]).sort(),
		);
	});
});
