import { isObject } from "../../../ingest/json.ts";

/** Queries of one field's text. */
const textual = new Set([
	"match",
	"match_bool_prefix",
	"match_phrase",
	"match_phrase_prefix",
	"term",
]);

/** Members of compound queries that hold what is looked for, in the order in which they count. */
const compound = new Map<string, readonly string[]>(
	Object.entries({
		bool: ["must", "should", "filter"],
		boosting: ["positive"],
		constant_score: ["filter"],
		dis_max: ["queries"],
		function_score: ["query"],
		hybrid: ["queries"],
		nested: ["query"],
		script_score: ["query"],
	}),
);

/**
 * What a query looks for in words: the texts of `neural` and `neural_sparse` queries, and what `match` and its like look
 * for in the field itself, each once. Empty where it looks for none.
 */
export function queryText(query: unknown, field: string): string {
	return [...new Set(textsOf(query, field))].join(" ");
}

function textsOf(query: unknown, field: string): string[] {
	if (Array.isArray(query)) return query.flatMap((one) => textsOf(one, field));
	if (!isObject(query)) return [];
	return Object.entries(query).flatMap(([type, value]) => {
		if (!isObject(value)) return [];
		const parts = compound.get(type);
		if (parts) return parts.flatMap((part) => textsOf(value[part], field));
		if (type === "multi_match") return texts(value.query);
		if (type === "neural" || type === "neural_sparse")
			return Object.values(value).flatMap((options) =>
				isObject(options) ? texts(options.query_text) : [],
			);
		if (!textual.has(type)) return [];
		const asked = value[field];
		return isObject(asked) ? texts(asked.query ?? asked.value) : texts(asked);
	});
}

function texts(value: unknown): string[] {
	return typeof value === "string" && value !== "" ? [value] : [];
}
