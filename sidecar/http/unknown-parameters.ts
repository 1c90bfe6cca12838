import { SidecarError } from "../errors.ts";

/** Parameters that every route takes; `format` too, in whatever form it comes. */
export const commonParameters: readonly string[] = [
	"error_trace",
	"filter_path",
	"format",
	"human",
	"pretty",
];

/**
 * The refusal of parameters that a route does not take, in OpenSearch's words, with what may have been meant;
 * undefined if there are none.
 *
 * @param path the path as the client wrote it, decoded
 */
export function unknownParameters(
	path: string,
	given: Iterable<string>,
	taken: ReadonlySet<string>,
): SidecarError | undefined {
	const unknown = [...given].filter((name) => !taken.has(name)).sort();
	if (unknown.length === 0) return undefined;
	const plural = unknown.length > 1 ? "s" : "";
	const list = unknown
		.map((name) => `[${name}]${suggestion(name, taken)}`)
		.join(", ");
	return new SidecarError(
		"bad_request",
		`request [${path}] contains unrecognized parameter${plural}: ${list}`,
	);
}

function suggestion(name: string, taken: ReadonlySet<string>): string {
	const near = [...taken]
		.map((candidate) => ({ candidate, score: likeness(name, candidate) }))
		.filter(({ score }) => score > 0.5)
		.sort((a, b) => b.score - a.score || (a.candidate < b.candidate ? -1 : 1))
		.map(({ candidate }) => candidate);
	if (near.length === 0) return "";
	const what =
		near.length === 1 ? `[${near[0]}]` : `any of [${near.join(", ")}]`;
	return ` -> did you mean ${what}?`;
}

/** 1 for the same text, less by the share of characters to be changed (Levenshtein), 0 for nothing in common. */
function likeness(a: string, b: string): number {
	const longer = Math.max(a.length, b.length);
	const shorter = Math.min(a.length, b.length);
	// So much has to be added at least: the work for a name of any length stays small.
	if (shorter <= longer / 2) return 0;
	return 1 - distance(a, b) / longer;
}

/** Row by row: `row[j]` is the distance of what was read of `a` from the first `j` characters of `b`. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++)
			next.push(
				Math.min(
					(row[j] ?? 0) + 1,
					(next[j - 1] ?? 0) + 1,
					(row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
				),
			);
		row = next;
	}
	return row[b.length] ?? 0;
}
