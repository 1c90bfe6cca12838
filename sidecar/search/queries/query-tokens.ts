import { type Member, members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import { readNumber, refuseDuplicate, tokenOf } from "./query-options.ts";
import type { TokenWeights } from "./rank-features.ts";

/**
 * The tokens that a query brings with their weights.
 *
 * @throws SidecarError for a weight that is no number
 */
export function readTokens(value: Member["value"]): TokenWeights {
	const tokens = members(value);
	refuseDuplicate(tokens);
	// Not by assignment: a token may be called __proto__.
	return Object.fromEntries(
		tokens.map(({ name, value }) => [name, weightOf(value)]),
	);
}

function weightOf(node: Member["value"]): number {
	const value: unknown = node.value;
	if (typeof value === "number") return value;
	if (typeof value === "string") return readNumber(value);
	throw new SidecarError(
		"bad_json",
		`Current token (${tokenOf(node)}) not numeric, can not use numeric value accessors`,
	);
}
