import { expansionAskedBy } from "./guarded-url.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden, missingExclusions } from "./index-expression.ts";
import { readJson } from "./json-text.ts";
import { nameSites, namesAt } from "./name-sites.ts";
import { parseTarget } from "./request-target.ts";

/** What the URL of a search of a view has: its name, or an escape in it. */
const ofView = /views|%/;

/** Where the definition of the view stands that a URL searches. */
export function definitionUrl(url: string): string | undefined {
	if (!ofView.test(url)) return undefined;
	const { segments, rawSegments } = parseTarget(url);
	return segments[0] === "views" && segments[2] === "_search"
		? `/views/${rawSegments[1]}`
		: undefined;
}

/**
 * Checks the indices of a view, which may have been made around the sidecar. Nothing can be added to them.
 *
 * @param url by which it is searched
 * @throws SidecarError forbidden_index where the search would reach one of the sidecar's, or that can't be found out
 */
export function checkView(
	definition: string,
	url: string,
	names: HiddenNames,
): void {
	const json = readJson(definition);
	if (!json) throw forbidden(url);
	const { any, hidden } = expansionAskedBy(parseTarget(url));
	for (const site of nameSites(json.root, { query: false }))
		if (site.keys.at(-1) === "indexPattern")
			for (const { value } of namesAt(site))
				if (missingExclusions(String(value), names, { hidden }) !== "" && any)
					throw forbidden(String(value));
}
