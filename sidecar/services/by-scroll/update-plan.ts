import { scrollActions } from "../../../schemas/scroll-task.ts";
import type { RawMembers } from "../../search/raw-json.ts";
import {
	numberIn,
	type Parameters,
	pageSizeOf,
	queryParameters,
	readCommon,
	type ScrollPlan,
	textIn,
} from "./scroll-plan.ts";

/** What of the body is not the search's. */
const notSearched: ReadonlySet<string> = new Set([
	"conflicts",
	"script",
	"max_docs",
	"size",
]);

/** Parameters that mean the search. */
const searching: ReadonlySet<string> = new Set([
	...queryParameters,
	"_source",
	"_source_excludes",
	"_source_includes",
	"allow_no_indices",
	"expand_wildcards",
	"ignore_unavailable",
	"max_concurrent_shard_requests",
	"preference",
	"request_cache",
	"routing",
	"search_type",
	"sort",
	"stats",
	"terminate_after",
]);

/** @param source the index expression of the URL @param body that OpenSearch has accepted */
export function readUpdate(
	source: string,
	body: RawMembers,
	parameters: Parameters,
): ScrollPlan {
	const maxDocs =
		numberIn(parameters.get("max_docs")) ??
		numberIn(body.get("max_docs")) ??
		numberIn(body.get("size"));
	const limit = maxDocs === undefined || maxDocs < 0 ? undefined : maxDocs;
	const conflicts =
		parameters.get("conflicts") ?? textIn(body.get("conflicts"));
	const timeout = parameters.get("search_timeout");
	return {
		...readCommon(parameters),
		action: scrollActions.update,
		description: `update-by-query [${source.split(",").join(", ")}]`,
		source,
		searchParameters: new Map([
			...[...parameters].filter(([name]) => searching.has(name)),
			...(timeout === undefined ? [] : ([["timeout", timeout]] as const)),
		]),
		search: new Map([...body].filter(([name]) => !notSearched.has(name))),
		pageSize: pageSizeOf(numberIn(parameters.get("scroll_size")), limit),
		destination: undefined,
		pipeline: parameters.get("pipeline"),
		script: body.get("script"),
		maxDocs: limit,
		proceeds: conflicts === "proceed",
	};
}
