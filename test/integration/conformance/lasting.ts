import { isRecord, type Json } from "./json.ts";

const anyId = /^(?:[\w-]{20}|[0-9a-z]{26})$/;
const idKeys = ["_id", "model_id", "model_group_id", "task_id", "memory_id"];
const countedKeys = ["_version", "_seq_no", "_primary_term", "took"];
const latencyKeys = ["max", "min", "average", "p50", "p90", "p99"];
/** What a model's profile has beside what ml-commons shows; the rest of it is compared. */
const addedToProfiles = "sidecar";
const millisecondsSinceEpoch = /\b1[6-9]\d{11}\b/g;

/** What was given to the calls of a run, by placeholder. */
export type Names = ReadonlyMap<string, string>;

/**
 * A text without what every run has other: the values that the run has named, the names of hidden indices, times, and
 * the order of a set.
 */
export function lastingText(text: string, names: Names): string {
	let lasting = text;
	const longestFirst = [...names].sort(([, a], [, b]) => b.length - a.length);
	for (const [name, value] of longestFirst)
		lasting = lasting.replaceAll(value, `{${name}}`);
	return lasting
		.replace(/\.(?:plugins-ml|ml-sidecar)-/g, ".ml-")
		.replace(/allowed: \[([A-Z, ]+)\]/, (_, set: string) => {
			const methods = set.split(", ").sort();
			return `allowed: [${methods.join(", ")}]`;
		})
		.replace(/Load model from \S+ failed/, "Load model from {file} failed")
		.replace(millisecondsSinceEpoch, "{time}");
}

/** A JSON body likewise; scores, versions and durations go too, and of a vector its length is left. */
export function lastingBody(body: unknown, names: Names): Json {
	const walk = (value: unknown, key: string, parent: unknown): Json => {
		if (Array.isArray(value)) {
			if (key === "data" && value.every((item) => typeof item === "number"))
				return `{${value.length} numbers}`;
			return value.map((item: unknown) => walk(item, key, value));
		}
		if (isRecord(value)) {
			if (key === "_shards") return "{shards}";
			const isAdded = (name: string) =>
				name === addedToProfiles && "predictor" in value;
			const entries = Object.entries(value)
				.filter(([name]) => !isAdded(name))
				.map(
					([name, item]) =>
						[lastingText(name, names), walk(item, name, value)] as const,
				);
			// Java's maps have another order in every run.
			return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
		}
		if (typeof value === "number") return lastingNumber(value, key, parent);
		if (typeof value === "string") return lastingString(value, key, names);
		return typeof value === "boolean" ? value : null;
	};
	return walk(body, "", undefined);
}

function lastingNumber(value: number, key: string, parent: unknown): Json {
	if (key.endsWith("_time") || (key === "sort" && value > 1e12))
		return "{time}";
	if (countedKeys.includes(key)) return "{number}";
	if (key === "_score" || key === "max_score") return "{score}";
	if (key === "ml_jvm_heap_usage") return "{percent}";
	if (latencyKeys.includes(key) && isRecord(parent) && "p99" in parent)
		return "{milliseconds}";
	return value;
}

function lastingString(value: string, key: string, names: Names): string {
	if (key === "predictor") return "{predictor}";
	if (key === "stack_trace") return "{stack trace}";
	if (key === "array" || key === "model_content")
		return `{${value.length} characters}`;
	const text = lastingText(value, names);
	return idKeys.includes(key) && anyId.test(text) ? `{another ${key}}` : text;
}
