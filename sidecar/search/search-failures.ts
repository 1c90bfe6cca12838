import { type ErrorCause, SidecarError } from "../errors.ts";

/** What every shard of a search would refuse, as OpenSearch says it. */
export function refusedByShards(reason: string): SidecarError {
	const cause = illegalArgument(reason);
	return failure("all shards failed", { ...cause, caused_by: cause });
}

/** What every shard would refuse when it reads the query. */
export function refusedQuery(reason: string): SidecarError {
	return failure("all shards failed", {
		type: "query_shard_exception",
		reason: `failed to create query: ${reason}`,
		caused_by: illegalArgument(reason),
	});
}

/** What is refused when the shards have answered. */
export function refusedAnswers(reason: string): SidecarError {
	return failure("The phase has failed", illegalArgument(reason));
}

function failure(reason: string, causedBy: ErrorCause): SidecarError {
	return new SidecarError("search_failed", reason, { causedBy });
}

function illegalArgument(reason: string): ErrorCause {
	return { type: "illegal_argument_exception", reason };
}
