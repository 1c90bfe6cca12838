import { scrollActions } from "../../../schemas/scroll-task.ts";
import { SidecarError } from "../../errors.ts";
import { parsedValue, type RawMembers } from "../../search/raw-json.ts";
import {
	type Destination,
	numberIn,
	objectIn,
	type Parameters,
	pageSizeOf,
	readCommon,
	type ScrollPlan,
	textIn,
} from "./scroll-plan.ts";

/** What of the body's `source` is not the search's. */
const notSearched: ReadonlySet<string> = new Set(["index", "size", "remote"]);

/** Where a reindex is to write: this alone can be read before OpenSearch has accepted the request. */
export function readDestination(body: RawMembers): Destination | undefined {
	const dest = objectIn(body.get("dest"));
	const index = textIn(dest.get("index"));
	if (index === undefined) return undefined;
	const versionType = textIn(dest.get("version_type"));
	return {
		index,
		pipeline: textIn(dest.get("pipeline")),
		operation: textIn(dest.get("op_type")) === "create" ? "create" : "index",
		versionType: versionType === "internal" ? undefined : versionType,
		routing: textIn(dest.get("routing")) ?? "keep",
	};
}

/** Whether a script may choose the index that a document is written to. */
export function mayChooseIndex(body: RawMembers): boolean {
	const script = objectIn(body.get("script"));
	return script.has("id") || Boolean(script.get("source")?.includes("_index"));
}

/** @throws SidecarError bad_request for a source in another cluster */
export function refuseRemote(body: RawMembers): void {
	if (objectIn(body.get("source")).has("remote"))
		throw new SidecarError(
			"bad_request",
			"[source.remote] is not supported where the destination's pipeline embeds: the sidecar calls no cluster but its own. Reindex into an index without that pipeline first, and from there on",
		);
}

/** @param body that OpenSearch has accepted */
export function readReindex(
	body: RawMembers,
	parameters: Parameters,
	destination: Destination,
): ScrollPlan {
	const source = objectIn(body.get("source"));
	const indices = [parsedValue(source.get("index"))].flat().map(String);
	const maxDocs =
		numberIn(parameters.get("max_docs")) ??
		numberIn(body.get("max_docs")) ??
		numberIn(body.get("size"));
	const limit = maxDocs === undefined || maxDocs < 0 ? undefined : maxDocs;
	return {
		...readCommon(parameters),
		action: scrollActions.reindex,
		description: `reindex from [${indices.join(", ")}] to [${destination.index}]`,
		source: indices.join(","),
		searchParameters: new Map(),
		search: new Map([...source].filter(([name]) => !notSearched.has(name))),
		pageSize: pageSizeOf(numberIn(source.get("size")), limit),
		destination,
		pipeline: undefined,
		script: body.get("script"),
		maxDocs: limit,
		proceeds: textIn(body.get("conflicts")) === "proceed",
	};
}
