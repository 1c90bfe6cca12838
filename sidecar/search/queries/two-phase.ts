import type { Node } from "jsonc-parser";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import { type Prune, prune } from "../../../ingest/processors/prune.ts";
import { SidecarError } from "../../errors.ts";
import { defaultSize } from "../default-size.ts";
import { numberOf } from "./query-options.ts";
import { rankFeatureQuery, type TokenWeights } from "./rank-features.ts";
import type { SecondPhase, TextQuery } from "./text-query.ts";

/** A search that looks for heavy tokens first. */
export interface TwoPhaseSearch {
	/** By the clauses of the `neural_sparse` queries that are split: how often the queries around them count. */
	readonly boosts: ReadonlyMap<Node, number>;
	readonly prune: Prune;
	readonly windowSize: number;
	readonly queryWeight: number;
}

export interface TwoPhaseOptions {
	readonly prune: Prune;
	readonly expansionRate: number;
	readonly maxWindowSize: number;
	/** The search's own size, where it has one. */
	readonly size: number | undefined;
}

/**
 * What `neural_sparse_two_phase_processor` makes of a search: where its query is a `neural_sparse` one, or a `bool` with
 * such in its `should`, as deep as you like; nothing else is split. Undefined where there is no such query.
 *
 * @throws SidecarError bad_request for too large a window, in neural-search's words
 */
export function twoPhaseSearch(
	body: { query: Node | undefined; rescore: Node | undefined },
	{ prune, expansionRate, maxWindowSize, size }: TwoPhaseOptions,
): TwoPhaseSearch | undefined {
	const boosts = new Map(splitClauses(body.query, 1));
	if (boosts.size === 0) return undefined;
	const windowSize = Math.trunc(
		Math.fround((size ?? defaultSize) * Math.fround(expansionRate)),
	);
	if (windowSize > maxWindowSize || windowSize < 0)
		throw new SidecarError(
			"bad_request",
			`The two-phase window size of neural_sparse_two_phase_processor should be [0,${maxWindowSize}], but get the value of ${windowSize}`,
		);
	const queryWeight = elements(body.rescore)
		.map((rescore) => numberIn(member(rescore, "query"), "query_weight"))
		.reduce((product, weight) => product * weight, 1);
	return { boosts, prune, windowSize, queryWeight };
}

function* splitClauses(
	query: Node | undefined,
	boost: number,
): Generator<[Node, number]> {
	for (const { name, value, node } of members(query)) {
		if (name === "bool")
			for (const inner of elements(member(value, "should")))
				yield* splitClauses(inner, boost * numberIn(value, "boost"));
		if (name === "neural_sparse") {
			const [field] = members(value);
			yield [node, boost * numberIn(field?.value, "boost")];
		}
	}
}

function numberIn(node: Node | undefined, name: string): number {
	return numberOf(members(node), name) ?? 1;
}

/** The heavy tokens, and the others. */
export function split(
	weights: TokenWeights,
	by: Prune,
): { heavy: TokenWeights; light: TokenWeights } {
	const heavy = prune(weights, by);
	const light = Object.entries(weights).filter(
		([token]) => !Object.hasOwn(heavy, token),
	);
	return { heavy, light: Object.fromEntries(light) };
}

/** What is left of a query for the second phase; undefined where nothing is. */
export function secondPhase(
	{ field, clause }: TextQuery,
	light: TokenWeights,
	{ boosts, windowSize, queryWeight }: TwoPhaseSearch,
): SecondPhase | undefined {
	if (Object.keys(light).length === 0) return undefined;
	const boost = `"boost":${boosts.get(clause.node) ?? 1}`;
	return {
		query: rankFeatureQuery(field, light, [boost]),
		windowSize,
		queryWeight,
	};
}

/** The element of `rescore`, JSON, in which the second phases of a search's queries are looked at together. */
export function secondPhaseRescore(
	phases: readonly SecondPhase[],
): string | undefined {
	const [first] = phases;
	// OpenSearch looks at no hits where none are asked for.
	if (!first || first.windowSize === 0) return undefined;
	const queries = phases.map(({ query }) => query).join(",");
	return `{"window_size":${first.windowSize},"query":{"rescore_query":{"bool":{"should":[${queries}],"boost":${first.queryWeight}}}}}`;
}
