import { SidecarError } from "../../errors.ts";

/** A letter, a digit, or what stands for itself where a backslash is before it; white space, digits, words. */
const atom = String.raw`(?:[^\\^$.|?*+()[\]{}]|\\[^A-Za-z0-9]|\\[tnrfsSdDwW]|\.|\[\^?(?:[^\\[\]&^]|\\[^A-Za-z0-9]|\\[tnrfsSdDwW])+\])`;

/** Atoms one behind the other, the last of which may be repeated; or several of that. */
const linear = new RegExp(`^(?:${atom}+[+*?]?(?:\\|${atom}+[+*?]?)*)?$`);

/**
 * What a `split` processor splits by: of Java's regular expressions, those that mean the same here and that no text
 * makes slow. The sidecar serves everybody from one thread, so it runs no expression that can take longer than the text
 * is long.
 *
 * @throws SidecarError for all others
 */
export function splitPattern(separator: string): RegExp {
	if (linear.test(separator)) return new RegExp(separator);
	throw new SidecarError(
		"bad_request",
		`[separator] of a [split] processor behind one that the sidecar runs: [${separator}] is not supported, only literal text, [classes], "|" between alternatives and a repetition at an alternative's end are`,
	);
}

/** The parts of a text, as Java's `String.split` makes them. */
export function splitText(
	text: string,
	separator: string,
	preserveTrailing: boolean,
): string[] {
	const parts =
		separator === "" ? [...text] : text.split(splitPattern(separator));
	// Java gives nothing for a separator of no length at the beginning, and a text without any back as it is.
	if (text === "" || parts.length === 1) return [text];
	if (preserveTrailing) return separator === "" ? [...parts, ""] : parts;
	while (parts.at(-1) === "") parts.pop();
	return parts;
}
