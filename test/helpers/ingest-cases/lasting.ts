import { isRecord } from "../../integration/conformance/json.ts";

/** Values by the names that cases have for them. */
export type Names = Readonly<Record<string, string>>;

/** Members of answers to writes that tell of the run or of the cluster alone. */
const passingOfWrites = [
	"took",
	"ingest_took",
	"_shards",
	"_seq_no",
	"_primary_term",
	"timestamp",
];

/** Members of an error that a client may go by. */
const ofErrors = ["type", "reason", "caused_by"];

/** An answer, or a part of it, without what every run has other. */
export function lasting(
	value: unknown,
	names: Names,
	passing: readonly string[] = passingOfWrites,
): unknown {
	if (typeof value === "string") return lastingText(value, names);
	if (Array.isArray(value))
		return value.map((one) => lasting(one, names, passing));
	if (!isRecord(value)) return value;
	const isError =
		typeof value.type === "string" && typeof value.reason === "string";
	const entries = Object.entries(value).filter(([key]) =>
		isError ? ofErrors.includes(key) : !passing.includes(key),
	);
	return Object.fromEntries(
		entries.map(([key, one]) => [
			lastingText(key, names),
			key === "_id" && isMadeId(one) ? "<made>" : lasting(one, names, passing),
		]),
	);
}

function isMadeId(id: unknown): boolean {
	return typeof id === "string" && /^[\w-]{20}$/.test(id);
}

function lastingText(text: string, names: Names): string {
	let replaced = text;
	for (const [name, value] of Object.entries(names))
		replaced = replaced.replaceAll(value, `<${name}>`);
	// The year of an index whose name is made of the date.
	return replaced.replace(/(<id>-t-)\d{4}/g, "$1<year>");
}
