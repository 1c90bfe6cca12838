import { bool } from "./hybrid-query.ts";
import type { HybridSearch, Parameters } from "./hybrid-search.ts";

/** A part of what is searched, of which the best hits of each sub-query are combined. */
export interface SearchedShard {
	/** The index that the shard is of; undefined: what the search names. */
	readonly index: string | undefined;
	/** Its number in the index; undefined: all that is searched is one shard. */
	readonly number: number | undefined;
	/** The filter of the aliases under which the index is searched, as JSON. */
	readonly filter: string | undefined;
	/** Of a point in time, which is not searched by index. */
	readonly slice?: { readonly id: number; readonly max: number };
}

/** All that is searched, as one shard. */
export const whole: SearchedShard = {
	index: undefined,
	number: undefined,
	filter: undefined,
};

/**
 * The shards of a point in time, which can't be named: of an index that is searched in as many slices as it has shards, each
 * slice is a shard.
 */
export function slicesOf(shards: readonly SearchedShard[]): SearchedShard[] {
	const several = new Set(shards.map(({ index }) => index)).size > 1;
	return shards.map((shard) => {
		const { index, number } = shard;
		if (number === undefined) return whole;
		const max = shards.filter((other) => other.index === index).length;
		return {
			...whole,
			...(several && {
				filter: `{"term":{"_index":${JSON.stringify(index)}}}`,
			}),
			slice: { id: number, max },
		};
	});
}

/** How a sub-query's best hits are searched for. */
export interface SubQueryForm {
	/** JSON. */
	readonly query: string;
	readonly size: number;
	/** Whether hits may be answered as they are found. */
	readonly isShown: boolean;
	/** `_source`, JSON; undefined: all of it. */
	readonly source: string | undefined;
	/** `track_total_hits`, JSON. */
	readonly totals: string;
	/** It is counted how much of what the query finds none of these finds, JSON each; undefined: it is not. */
	readonly uncounted?: readonly string[];
}

/** Parts of a body that say which hits a sub-query has, and what score. */
const kept = [
	"derived",
	"indices_boost",
	"pit",
	"post_filter",
	"rescore",
	"slice",
	"terminate_after",
	"timeout",
] as const;

/** Parameters of a search's URL that a search among several takes on its own line. */
const ofLine = [
	"allow_partial_search_results",
	"cancel_after_time_interval",
	"routing",
	"search_type",
];
/** Those that say how the search's own target is read. */
export const ofTarget = [
	"allow_no_indices",
	"expand_wildcards",
	"ignore_unavailable",
] as const;

/** The parameters with one of these names, each with its value. */
export function chosen(
	parameters: Parameters,
	names: readonly string[],
): [name: string, value: string][] {
	return names.flatMap((name) => {
		const value = parameters.get(name);
		return value === undefined ? [] : [[name, value]];
	});
}

/** The aggregation that counts what is counted of a sub-query's hits. */
export const uncountedName = "uncounted";

/** A search for a sub-query's best hits on one shard. */
export interface SubSearch {
	/** Undefined: a point in time says where. */
	readonly index: string | undefined;
	/** Of its URL, or of its line among several searches. */
	readonly parameters: Readonly<Record<string, string>>;
	/** JSON in one line. */
	readonly body: string;
	/** Whether its hits may be answered as they are found. */
	readonly isShown: boolean;
}

/** The search for a sub-query's best hits on one shard. */
export function subSearch(
	search: HybridSearch,
	shard: SearchedShard,
	{
		form,
		target,
		parameters,
	}: {
		form: SubQueryForm;
		target: string | undefined;
		parameters: Parameters;
	},
): SubSearch {
	const own = shard.index === undefined ? [...ofLine, ...ofTarget] : ofLine;
	const values = chosen(parameters, own).map(([name, value]) => [
		name,
		value === "" ? "true" : value,
	]);
	const preference = preferenceOf(shard, parameters.get("preference"));
	return {
		index: shard.index ?? target,
		parameters: {
			...Object.fromEntries(values),
			...(preference !== undefined && { preference }),
		},
		isShown: form.isShown,
		body: bodyOf(search, shard, { form, parameters }),
	};
}

/** The two lines of a search among several. */
export function linesOf({ index, parameters, body }: SubSearch): string {
	return `${JSON.stringify({ index, ...parameters })}\n${body}\n`;
}

/** The URL of a search alone. */
export function urlOf({ index, parameters }: SubSearch): string {
	const path = index === undefined ? "" : `/${encodeURIComponent(index)}`;
	return `${path}/_search?${new URLSearchParams(parameters)}`;
}

/** One shard's; of the client's own preference, what it says about copies of a shard and can stand beside it. */
function preferenceOf(
	{ number }: SearchedShard,
	preference: string | undefined,
): string | undefined {
	if (number === undefined) return preference;
	const copies = preference?.replace(/^_shards:[^|]*\|?/, "");
	const one = `_shards:${number}`;
	return copies?.startsWith("_") ? `${one}|${copies}` : one;
}

function bodyOf(
	search: HybridSearch,
	shard: SearchedShard,
	{ form, parameters }: { form: SubQueryForm; parameters: Parameters },
): string {
	const { query, size, source, totals, uncounted } = form;
	const members: Record<string, string | undefined> = {};
	for (const name of kept)
		members[name] = parameters.get(name)
			? JSON.stringify(parameters.get(name))
			: search.raw(name);
	const { collapsedBy } = search;
	Object.assign(members, {
		query: shard.filter
			? `{"bool":${bool({ must: [query], filter: [shard.filter] })}}`
			: query,
		size: String(size),
		_source: source,
		track_total_hits: totals,
		// The numbers of the documents; where hits are scored again, there is no other order than by score.
		sort: members.rescore || size === 0 ? undefined : '["_score","_doc"]',
		aggs: uncounted && `{"${uncountedName}":{"filter":${without(uncounted)}}}`,
		explain: search.explains ? "true" : undefined,
		docvalue_fields:
			collapsedBy === undefined ? undefined : JSON.stringify([collapsedBy]),
		slice: shard.slice ? sliceOf(shard.slice) : members.slice,
		search_pipeline: '"_none"',
	});
	const written = Object.entries(members).flatMap(([name, value]) =>
		value === undefined ? [] : [`"${name}":${value}`],
	);
	return search.filled(`{${written.join(",")}}`);
}

function without(queries: readonly string[]): string {
	return `{"bool":${bool({ must_not: queries })}}`;
}

/** OpenSearch refuses to search in one slice. */
function sliceOf({ id, max }: { id: number; max: number }): string | undefined {
	return max > 1 ? JSON.stringify({ id, max }) : undefined;
}
