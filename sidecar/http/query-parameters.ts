import { SidecarError } from "../errors.ts";

/** The parameters of a URL's query by their names. */
export type QueryParameters = ReadonlyMap<string, string>;

const none: QueryParameters = new Map();

/**
 * The parameters of a URL as OpenSearch reads them: `&` and `;` separate, `+` is a space, `#` ends the query, of two
 * with one name the last one counts, and one without `=` has an empty value.
 *
 * @throws SidecarError bad_parameter for a `%` that begins no escape
 */
export function readQuery(url: string): QueryParameters {
	const start = url.indexOf("?");
	if (start < 0) return none;
	const parameters = new Map<string, string>();
	for (const piece of pieces(url, start)) {
		const { name, value } = halves(piece);
		if (name !== "") parameters.set(decode(name), decode(value));
	}
	return parameters;
}

/**
 * A URL with some of its parameters: what is kept of it stays to the byte.
 *
 * @throws SidecarError bad_parameter for a `%` in a name that begins no escape
 */
export function withParameters(
	url: string,
	isKept: (name: string) => boolean,
): string {
	const start = url.indexOf("?");
	if (start < 0) return url;
	const kept = pieces(url, start).filter((piece) =>
		isKept(decode(halves(piece).name)),
	);
	const path = url.slice(0, start);
	return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}

/** @param start where the URL's query begins */
function pieces(url: string, start: number): string[] {
	const hash = url.indexOf("#", start);
	return url.slice(start + 1, hash < 0 ? url.length : hash).split(/[&;]/);
}

function halves(piece: string): { name: string; value: string } {
	const text = withoutLeadingEquals(piece);
	const end = text.indexOf("=");
	return end < 0
		? { name: text, value: "" }
		: { name: text.slice(0, end), value: text.slice(end + 1) };
}

/**
 * A parameter that is true or false; it is true where it stands without a value.
 *
 * @throws SidecarError bad_request for any other value
 */
export function readFlag(value: string | undefined, fallback = false): boolean {
	if (value === undefined) return fallback;
	if (value === "" || value === "true") return true;
	if (value === "false") return false;
	throw new SidecarError(
		"bad_request",
		`Failed to parse value [${value}] as only [true] or [false] are allowed.`,
	);
}

/** By hand, since a query may be all equals signs. */
function withoutLeadingEquals(piece: string): string {
	let start = 0;
	while (piece[start] === "=") start++;
	return piece.slice(start);
}

function decode(text: string): string {
	const spaced = text.replaceAll("+", " ");
	if (!spaced.includes("%")) return spaced;
	const bad = /%(?![0-9a-f]{2})/i.exec(spaced);
	if (bad) throw badEscape(text, bad.index);
	return spaced.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
		Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
	);
}

function badEscape(text: string, index: number): SidecarError {
	const found = text.slice(index, index + 3);
	if (found.length === 3)
		return new SidecarError(
			"bad_parameter",
			`invalid escape sequence \`${found}' at index ${index} of: ${text}`,
		);
	const what = found.length === 2 ? "partial" : "unterminated";
	return new SidecarError(
		"bad_parameter",
		`${what} escape sequence at end of string: ${text}`,
	);
}
