import { SidecarError } from "../../errors.ts";
import { exclusion, type HiddenNames } from "./hidden-names.ts";

/** Characters of an expression that a refusal repeats. */
const shownCharacters = 512;

/** The refusal of a request that names the sidecar's own indices or templates. */
export function forbidden(expression: string): SidecarError {
	return new SidecarError(
		"forbidden_index",
		`[${expression.slice(0, shownCharacters)}] is the sidecar's own, and can be reached through its API only`,
	);
}

/** The refusal of what may turn out to be one of them, where nobody can tell before. */
export function mayBeForbidden(text: string): SidecarError {
	return new SidecarError(
		"forbidden_index",
		`[${text.slice(0, shownCharacters)}] may come to name an index of the sidecar's own, which can be reached through its API only`,
	);
}

/**
 * What has to be added to an index expression, so that its wildcards do not reach the sidecar's indices; empty
 * where they do not. What means all indices has to become a `*` first: see {@link spelledOut}.
 *
 * @param hidden whether its wildcards match hidden indices
 * @throws SidecarError forbidden_index where it names one of them
 */
export function missingExclusions(
	expression: string,
	names: HiddenNames,
	{ hidden }: { hidden: boolean },
): string {
	/** Clusters, the empty name for this one, where a wildcard reaches them. */
	const reached = new Set<string>();
	let wildcardSeen = false;
	for (const element of spelledOut(expression).split(",")) {
		const { cluster, name } = splitCluster(element);
		// OpenSearch takes a minus for an exclusion only behind a wildcard; before it is a part of the name.
		if (wildcardSeen && name.startsWith("-")) {
			if (name === exclusion) reached.delete(cluster);
			continue;
		}
		if (names.mean(element) || names.mean(name)) throw forbidden(element);
		if (!name.includes("*")) continue;
		wildcardSeen = true;
		if (!reached.has(cluster) && names.matchedBy(name, hidden))
			reached.add(cluster);
	}
	return [...reached]
		.map((cluster) => `,${cluster}${cluster && ":"}${exclusion}`)
		.join("");
}

/** OpenSearch drops empty names at the end, so that `,` and `_all,` mean all indices too. */
const all = /^(_all)?,*$/;

/** `cluster:_all`, which means all indices of a cluster only where it is the one name of that cluster. */
const allOfCluster = /(^|,)([^,<]*:)_all(?=,|$)/g;

/** An expression for all indices, here or on another cluster, as one that can be added to. */
export function spelledOut(expression: string): string {
	return all.test(expression)
		? "*"
		: expression.replaceAll(allOfCluster, "$1$2*");
}

/** `cluster:name`; a colon within date math belongs to its format. */
function splitCluster(element: string): { cluster: string; name: string } {
	const colon = element.startsWith("<") ? -1 : element.indexOf(":");
	return {
		cluster: element.slice(0, Math.max(colon, 0)),
		name: element.slice(colon + 1),
	};
}

/**
 * Whether wildcards match anything, and whether hidden indices too. `hidden` alone matches nothing.
 *
 * @param states the values of `expand_wildcards`; undefined where it is not given
 */
export function expansionOf(states: readonly string[] | undefined): {
	any: boolean;
	hidden: boolean;
} {
	if (!states) return { any: true, hidden: false };
	const any = ["open", "closed", "all"].some((state) => states.includes(state));
	return { any, hidden: any && /hidden|all/.test(states.join()) };
}
