import type { RuntimeProfile } from "../../schemas/stats.ts";
import type { ModelStats } from "../runtime/model-spec.ts";

/** What a model says of itself, as its profile shows it. */
export function runtimeProfile(stats: ModelStats): RuntimeProfile {
	const { residentBytes, cache } = stats;
	return {
		allocations: stats.allocations,
		threads_per_allocation: stats.threadsPerAllocation,
		queued: stats.queued,
		texts: stats.texts,
		tokens: stats.tokens,
		truncated: stats.truncated,
		rejected: stats.rejected,
		expired: stats.expired,
		cancelled: stats.cancelled,
		failed: stats.failed,
		restarts: stats.restarts,
		...(residentBytes > 0 && { resident_memory_in_bytes: residentBytes }),
		...(cache && {
			cache: {
				hits: cache.hits,
				misses: cache.misses,
				evictions: cache.evictions,
				entries: cache.entries,
				size_in_bytes: cache.bytes,
				max_size_in_bytes: cache.maxBytes,
			},
		}),
	};
}
