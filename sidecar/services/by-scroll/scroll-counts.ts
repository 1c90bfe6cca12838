import type { ScrollStatus } from "../../../schemas/scroll-task.ts";

/** What one slice of a reindex has done so far. */
export class ScrollCounts {
	total = 0;
	updated = 0;
	created = 0;
	deleted = 0;
	batches = 0;
	versionConflicts = 0;
	noops = 0;
	bulkRetries = 0;
	searchRetries = 0;

	/** Documents that count for `max_docs`. */
	get written(): number {
		return this.updated + this.created + this.deleted;
	}
}

/** The status of several slices together, as OpenSearch adds it up. */
export function mergedStatus(slices: readonly ScrollStatus[]): ScrollStatus {
	const sum = (of: (status: ScrollStatus) => number) =>
		slices.reduce((result, status) => result + of(status), 0);
	const canceled = slices.find((status) => status.canceled)?.canceled;
	const unlimited = slices.some((status) => status.requests_per_second < 0);
	return {
		total: sum(({ total }) => total),
		updated: sum(({ updated }) => updated),
		created: sum(({ created }) => created ?? 0),
		deleted: sum(({ deleted }) => deleted),
		batches: sum(({ batches }) => batches),
		version_conflicts: sum((status) => status.version_conflicts),
		noops: sum(({ noops }) => noops),
		retries: {
			bulk: sum(({ retries }) => retries.bulk),
			search: sum(({ retries }) => retries.search),
		},
		throttled_millis: sum((status) => status.throttled_millis),
		requests_per_second: unlimited
			? -1
			: sum((status) => status.requests_per_second),
		...(canceled !== undefined && { canceled }),
		throttled_until_millis: Math.min(
			...slices.map((status) => status.throttled_until_millis),
		),
	};
}
