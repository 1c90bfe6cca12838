import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { ModelProfile } from "../../schemas/stats.ts";
import type { ModelStats } from "../../sidecar/runtime/model-spec.ts";
import { runtimeProfile } from "../../sidecar/services/runtime-profile.ts";

const stats: ModelStats = {
	state: "ready",
	pid: 1,
	allocations: 2,
	threadsPerAllocation: 3,
	queued: { search: 4, ingest: 5 },
	texts: 6,
	tokens: 7,
	truncated: 8,
	failed: 9,
	rejected: 10,
	expired: 11,
	cancelled: 12,
	restarts: 13,
	runSeconds: 14,
	residentBytes: 15,
	cache: {
		hits: 16,
		misses: 17,
		evictions: 18,
		entries: 19,
		bytes: 20,
		maxBytes: 21,
	},
};

test("a profile tells how a model is run and what became of its texts, to this sidecar's clients and to other sidecars", () => {
	const sidecar = runtimeProfile(stats);
	expect(sidecar).toEqual({
		allocations: 2,
		threads_per_allocation: 3,
		queued: { search: 4, ingest: 5 },
		texts: 6,
		tokens: 7,
		truncated: 8,
		rejected: 10,
		expired: 11,
		cancelled: 12,
		failed: 9,
		restarts: 13,
		resident_memory_in_bytes: 15,
		cache: {
			hits: 16,
			misses: 17,
			evictions: 18,
			entries: 19,
			size_in_bytes: 20,
			max_size_in_bytes: 21,
		},
	});
	expect(Value.Check(ModelProfile, { predictor: "p", sidecar })).toBe(true);
});

test("a profile says nothing of memory and of results of which nothing is known", () => {
	const sidecar = runtimeProfile({
		...stats,
		residentBytes: 0,
		cache: undefined,
	});
	expect(sidecar).not.toHaveProperty("resident_memory_in_bytes");
	expect(sidecar).not.toHaveProperty("cache");
	expect(Value.Check(ModelProfile, { predictor: "p", sidecar })).toBe(true);
});
