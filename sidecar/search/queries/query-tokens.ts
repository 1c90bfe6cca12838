import { type Member, members } from "../../../ingest/json-tree.ts";
import { numberIn, refuseDuplicate } from "./query-options.ts";
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
		tokens.map(({ name, value }) => [name, numberIn(value)]),
	);
}
