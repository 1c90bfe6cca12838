/** A header's value as undici gives it. */
type Header = string | string[] | undefined;

/** The part of a file that an answer with status 206 holds. */
export interface ContentRange {
	first: number;
	/** Inclusive. */
	last: number;
	/** Undefined where the server does not know it. */
	total?: number;
}

const form = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/;

/** Reads `Content-Range` (RFC 9110, 14.4); undefined for one that is missing or impossible. */
export function readContentRange(header: Header): ContentRange | undefined {
	const match = typeof header === "string" ? form.exec(header) : null;
	if (!match) return undefined;
	const [, first, last, total] = match;
	const range = { first: Number(first), last: Number(last) };
	if (range.last < range.first) return undefined;
	if (total === undefined) return range;
	return Number(total) > range.last
		? { ...range, total: Number(total) }
		: undefined;
}

/**
 * What to send as `If-Range` to get the rest of this very content, or all of another one: a strong entity tag, else
 * the date of its last change (RFC 9110, 13.1.5). Undefined where the rest can't be asked for.
 */
export function resumeValidator(
	headers: Readonly<Record<string, Header>>,
): string | undefined {
	const { etag } = headers;
	if (headers["accept-ranges"] === "none") return undefined;
	if (typeof etag === "string" && /^"[^"]*"$/.test(etag)) return etag;
	const changed = headers["last-modified"];
	return typeof changed === "string" ? changed : undefined;
}
