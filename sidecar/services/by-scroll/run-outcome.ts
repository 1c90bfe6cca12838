import type { BulkResult } from "../../../ingest/bulk/bulk-answer.ts";
import { membersJson, rawMembers } from "../../search/raw-json.ts";

/** How a run ended, unless by an error. */
export interface RunOutcome {
	timedOut: boolean;
	/** As they stand in an answer. */
	failures: readonly string[];
	/** The status of the worst of them. */
	failureStatus: number;
}

/** The end of a run with these failed items, or without any. */
export function outcomeOf(failed: readonly BulkResult[]): RunOutcome {
	return {
		timedOut: false,
		failures: failed.map(failureOf),
		failureStatus: Math.max(0, ...failed.map(({ status }) => status)),
	};
}

/** A failed item, as a reindex tells it. */
function failureOf({ json, status }: BulkResult): string {
	const [outcome = "{}"] = rawMembers(json).values();
	const members = rawMembers(outcome);
	return membersJson(
		new Map([
			["index", members.get("_index") ?? "null"],
			["id", members.get("_id") ?? "null"],
			["cause", members.get("error") ?? "null"],
			["status", String(status)],
		]),
	);
}
