import { namespace } from "./hidden-names.ts";
import { NameShape } from "./name-shape.ts";

/** `\x`, a group by its number or its name: what Java's `replaceAll` does not take as it stands. */
const special = /\\(.)|\$(?:\d+|\{[^}]*\})/gs;

/** Patterns that match the whole of a name, whatever it is, and its whole again as `$1` or `$0`. */
const wholeName = /^\^?\(?\.[+*]\)?\$?$/;
const wholeAgain = /^\$[01](?!\d)/;

/** A regular expression and what is put in the place of its matches, as in Java. */
export interface NameChange {
	readonly pattern: string;
	readonly replacement: string;
}

/**
 * Whether a change may make a name in the sidecar's namespace out of one that does not begin as the namespace does
 * without its last `-`. The pattern is not run: a replacement is refused where it fits anywhere into the namespace.
 */
export function leadsIntoNamespace({
	pattern,
	replacement,
}: NameChange): boolean {
	if (!wholeName.test(pattern) || !wholeAgain.test(replacement))
		return fits(replacement, [0, namespace.length]);
	const suffix = replacement.replace(wholeAgain, "");
	return suffix !== "" && fits(suffix, [1, namespace.length - 1]);
}

/** Whether a replacement may stand at one of some places of the namespace, within it or over its end. */
function fits(
	replacement: string,
	[from, to]: readonly [number, number],
): boolean {
	const shape = NameShape.ofPattern(
		replacement.replaceAll(special, (_, literal?: string) => literal ?? "*"),
	);
	for (let start = from; start < to; start++) {
		const tail = namespace.slice(start);
		if (shape.mayBegin(tail)) return true;
		for (let end = 0; end < tail.length; end++)
			if (shape.mayBe(tail.slice(0, end))) return true;
	}
	return false;
}
