import type { Node, NodeType } from "jsonc-parser";
import { type Member, members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";

/** What a query on one field says of it. */
export interface FieldOptions {
	readonly field: string;
	readonly options: readonly Member[];
}

/** Options that stand at a query, whatever it is made of. */
export const commonOptions: ReadonlySet<string> = new Set(["boost", "_name"]);

/** How a query's parser names what it does not expect. */
const tokens: Partial<Record<NodeType, string>> = {
	array: "START_ARRAY",
	object: "START_OBJECT",
	null: "VALUE_NULL",
	string: "VALUE_STRING",
};

export function tokenOf({ type, value }: Member["value"]): string {
	if (type === "boolean") return value ? "VALUE_TRUE" : "VALUE_FALSE";
	if (type === "number")
		return Number.isInteger(value) ? "VALUE_NUMBER_INT" : "VALUE_NUMBER_FLOAT";
	return tokens[type] ?? type;
}

/**
 * The one field of a query, and its options.
 *
 * @param malformed what is said of a field whose value is no object
 * @throws SidecarError bad_query, in neural-search's words
 */
export function fieldOptions(
	{ name, value }: Member,
	malformed: () => SidecarError,
): FieldOptions {
	if (value.type !== "object")
		throw badQuery(
			`[${name}] query malformed, no start_object after query name`,
		);
	const [field, second] = members(value);
	if (!field) throw badQuery(`[${name}] query needs a field`);
	if (field.value.type === "array")
		throw badQuery(`[${name}] unknown token [END_ARRAY] after []`);
	if (field.value.type !== "object") throw malformed();
	if (second)
		throw badQuery(
			`[${name}] query doesn't support multiple fields, found [${field.name}] and [${second.name}]`,
		);
	const options = members(field.value);
	refuseDuplicate(options);
	return { field: field.name, options };
}

/** @throws SidecarError bad_json for a name that stands twice; OpenSearch refuses such a body as a whole */
export function refuseDuplicate(of: readonly Member[]): void {
	const names = new Set<string>();
	for (const { name } of of) {
		if (names.has(name))
			throw new SidecarError("bad_json", `Duplicate field '${name}'`);
		names.add(name);
	}
}

/** Whether a value is neither an object nor a list, nor null. */
export function isScalar({ type }: Member["value"]): boolean {
	return type === "string" || type === "number" || type === "boolean";
}

/** The value of a scalar option as the text that it is for OpenSearch; undefined where it is left out. */
export function textOf(
	options: readonly Member[],
	name: string,
): string | undefined {
	const option = options.find((option) => option.name === name)?.value;
	return option && isScalar(option) ? String(option.value) : undefined;
}

/** @throws SidecarError bad_number for what is no number */
export function numberOf(
	options: readonly Member[],
	name: string,
): number | undefined {
	const text = textOf(options, name);
	return text === undefined ? undefined : readNumber(text);
}

function readNumber(text: string): number {
	const number = text.trim() === "" ? Number.NaN : Number(text);
	if (!Number.isNaN(number)) return number;
	throw new SidecarError("bad_number", `For input string: "${text}"`);
}

/** @throws SidecarError for a value that is neither a number nor the text of one */
export function numberIn(node: Member["value"]): number {
	const value: unknown = node.value;
	if (typeof value === "number") return value;
	if (typeof value === "string") return readNumber(value);
	throw new SidecarError(
		"bad_json",
		`Current token (${tokenOf(node)}) not numeric, can not use numeric value accessors`,
	);
}

/** @throws SidecarError bad_request for a negative `boost`; OpenSearch would tell it of a query that nobody has written */
export function checkBoost(name: string, options: readonly Member[]): void {
	const boost = numberOf(options, "boost");
	if (boost !== undefined && boost < 0)
		throw new SidecarError(
			"bad_request",
			`negative [boost] are not allowed in [${name}], use a value between 0 and 1 to deboost`,
		);
}

/** The options that the query in OpenSearch's words has, too, as JSON members. */
export function renderOptions(
	options: readonly Member[],
	names: ReadonlySet<string>,
	render: (node: Node) => string,
): string[] {
	return options
		.filter(({ name }) => names.has(name))
		.map(({ name, value, node }) =>
			// A name may be a number here, and nowhere else.
			name === "_name"
				? `"_name":${JSON.stringify(String(value.value))}`
				: render(node),
		);
}

export function badQuery(reason: string): SidecarError {
	return new SidecarError("bad_query", reason);
}

export function isBlank(text: string | undefined): boolean {
	return text === undefined || text.trim() === "";
}
