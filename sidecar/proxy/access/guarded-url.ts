import { exclusion, type HiddenNames, meansTemplate } from "./hidden-names.ts";
import {
	expansionOf,
	forbidden,
	missingExclusions,
	spelledOut,
} from "./index-expression.ts";
import {
	type Parameter,
	parseTarget,
	type RequestTarget,
	valuesOf,
} from "./request-target.ts";

/** What must stand in a URL, unless there are aliases, for it to be looked at. */
const suspicious = /[%*<]|ml-sidecar|_all|expand_wildcards/;

/** Parameters that OpenSearch also reads where a path could hold them. */
const indexParameters: ReadonlySet<string> = new Set(["index", "indices"]);
const nameParameters: ReadonlySet<string> = new Set([
	...indexParameters,
	"name",
	"alias",
	"target",
	"new_index",
]);

/** APIs under an index whose next segment is the name of an alias or of another index. */
const naming: ReadonlySet<string | undefined> = new Set([
	"_alias",
	"_aliases",
	"_clone",
	"_split",
	"_shrink",
	"_rollover",
]);

/** APIs whose paths hold ids, which may be any text, and no index. */
const withoutNames: ReadonlySet<string | undefined> = new Set([
	"_dangling",
	"_ingest",
	"_nodes",
	"_render",
	"_scripts",
	"_search",
	"_snapshot",
	"_tasks",
]);

/** Where the index expression stands in paths that begin with an API. */
const expressionPlaces: readonly (readonly [path: RegExp, place: number])[] = [
	[/^_(cat|list)\/(indices|shards|segments|count|recovery)$/, 2],
	[/^_cluster\/health$/, 2],
	[/^_resolve\/index$/, 2],
	[/^_cluster\/state$/, 3],
	[/^_plugins\/_(knn|ism)$/, 3],
	[/^_data_stream(\/|$)/, 1],
];

/** APIs that mean all indices where no expression is given, and take one as a parameter. */
const takesIndex =
	/^_((cat|list)\/(indices|recovery)|cluster\/health|search|search_shards|msearch|count|field_caps|validate|mappings?|settings|stats|segments|recovery|shard_stores|refresh|flush|forcemerge|cache|aliases|alias|open|close|rank_eval|block|upgrade)(\/|$)/;

/** The changes that a URL needs, as what to put in place of parts of it. */
interface Edit {
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/** Only what can reach the sidecar's indices is changed: everything else of a URL stays to the byte. */
export interface GuardedUrl {
	/** What to send on; the client's own URL where that is harmless. */
	readonly url: string;
	/** The path's index expression, where it was changed. */
	readonly index?: string;
}

/**
 * The URL by which a request does not reach the sidecar's indices through a wildcard.
 *
 * @param url path and query as the client sent them
 * @throws SidecarError forbidden_index where it names one of them, or one of the sidecar's index templates
 */
export function guardedUrl(url: string, names: HiddenNames): GuardedUrl {
	if (names.aliases.size === 0 && !suspicious.test(url)) return { url };
	const target = parseTarget(url);
	const place = target.indexFirst ? 0 : expressionPlace(target.segments);
	checkNames(target, names);
	const expand = expansionAskedBy(target);
	if (!expand.any) return { url };
	const hidden = expand.hidden || hiddenByDefault(target);
	const expression = place === undefined ? undefined : target.segments[place];
	if (place !== undefined && expression !== undefined) {
		const missing = missingExclusions(expression, names, { hidden });
		if (missing === "") return { url };
		const raw = target.rawSegments[place] ?? "";
		const start = startOf(url, target, place);
		return {
			url: edited(url, {
				start,
				end: start + raw.length,
				text: withSuffix(spelledInUrl(expression, raw), missing),
			}),
			index: withSuffix(spelledOut(expression), missing),
		};
	}
	const edits = target.parameters
		.filter(({ name }) => indexParameters.has(name))
		.map((parameter) => editOf(url, parameter, names, expand.hidden));
	if (edits.length > 0) return { url: edits.reduceRight(edited, url) };
	return expand.hidden && takesIndex.test(target.segments.join("/"))
		? { url: `${url}&index=*,${exclusion}` }
		: { url };
}

function checkNames(target: RequestTarget, names: HiddenNames): void {
	const { segments, indexFirst } = target;
	const named = indexFirst
		? segments.filter(
				(_, place) => place === 0 || (place === 2 && naming.has(segments[1])),
			)
		: namesBehindApi(segments);
	const parameters = target.parameters
		.filter(({ name }) => nameParameters.has(name))
		.map(({ value }) => value);
	for (const expression of [...named, ...parameters])
		missingExclusions(expression, names, { hidden: false });
	if (/^_(index_|component_)?template$/.test(segments[0] ?? "")) {
		const template = [...segments.slice(1), ...valuesOf(target, "name")].find(
			meansTemplate,
		);
		if (template !== undefined) throw forbidden(template);
	}
}

function namesBehindApi([api, ...rest]: readonly string[]): readonly string[] {
	if (withoutNames.has(api)) return [];
	if (api === "_plugins" && /^_(security|ml)$/.test(rest[0] ?? "")) return [];
	return rest;
}

function expressionPlace(segments: readonly string[]): number | undefined {
	const beginnings = [segments[0], segments.slice(0, 2).join("/")];
	return expressionPlaces.find(([path]) =>
		beginnings.some((beginning) => path.test(beginning ?? "")),
	)?.[1];
}

/** What the query says about wildcards. */
export function expansionAskedBy(
	target: RequestTarget,
): ReturnType<typeof expansionOf> {
	const values = valuesOf(target, "expand_wildcards");
	return expansionOf(
		values.length === 0
			? undefined
			: values.flatMap((value) => value.split(",")),
	);
}

/** APIs whose wildcards match hidden indices without being asked to. */
function hiddenByDefault({ segments, indexFirst }: RequestTarget): boolean {
	return indexFirst
		? segments[1] === "_alias" || segments[1] === "_aliases"
		: segments[0] === "_cluster" && segments[1] === "health";
}

function editOf(
	url: string,
	{ start, end, value }: Parameter,
	names: HiddenNames,
	hidden: boolean,
): Edit {
	const missing = missingExclusions(value, names, { hidden });
	const raw = url.slice(start, end);
	if (missing === "") return { start, end, text: raw };
	return { start, end, text: withSuffix(spelledInUrl(value, raw), missing) };
}

/** An expression as it was sent, unless it has to be spelled out. */
function spelledInUrl(expression: string, raw: string): string {
	const spelled = spelledOut(expression);
	return spelled === expression ? raw : encodeURIComponent(spelled);
}

/** An empty name between two commas would be one that is not found. */
function withSuffix(expression: string, suffix: string): string {
	return expression.replace(/(,|%2c)+$/i, "") + suffix;
}

function startOf(
	url: string,
	{ rawSegments }: RequestTarget,
	place: number,
): number {
	const slash = url.startsWith("/") ? 1 : 0;
	const before = rawSegments.slice(0, place);
	return slash + before.reduce((sum, { length }) => sum + length + 1, 0);
}

function edited(url: string, { start, end, text }: Edit): string {
	return url.slice(0, start) + text + url.slice(end);
}
