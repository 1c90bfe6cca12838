import type { Node } from "jsonc-parser";
import { bodyText } from "../../ingest/body-text.ts";
import { elements, members, parseLeading } from "../../ingest/json-tree.ts";

/** One of the searches of a multi-search. */
export interface SearchOfMany {
	/** Its indices, as its header names them; undefined where it names none. */
	readonly target: string | undefined;
	/** What else its header says, by the names of URL parameters. */
	readonly parameters: ReadonlyMap<string, string>;
	readonly body: Buffer;
	/** Its header and line break, as they were sent. */
	readonly header: Buffer;
}

const lineBreak = 0x0a;
const end = Buffer.from("\n");

/** The body of a `_msearch`: headers and searches in turns, each with a line break at its end. */
export class MultiSearch {
	readonly searches: readonly SearchOfMany[];

	private constructor(searches: readonly SearchOfMany[]) {
		this.searches = searches;
	}

	/** Undefined for what OpenSearch refuses as a whole: a header that is no object, a line without an end. */
	static read(body: Buffer): MultiSearch | undefined {
		const searches: SearchOfMany[] = [];
		// A line break at the very beginning is passed over.
		let at = body[0] === lineBreak ? 1 : 0;
		while (at < body.length) {
			const headerEnd = body.indexOf(lineBreak, at);
			if (headerEnd < 0) return undefined;
			const header = body.subarray(at, headerEnd + 1);
			const read = readHeader(header);
			if (!read) return undefined;
			// A header at the end, without a search, is passed over too.
			if (headerEnd + 1 === body.length) break;
			const bodyEnd = body.indexOf(lineBreak, headerEnd + 1);
			if (bodyEnd < 0) return undefined;
			const line = body.subarray(headerEnd + 1, bodyEnd);
			searches.push({ ...read, header, body: line });
			at = bodyEnd + 1;
		}
		return new MultiSearch(searches);
	}

	/**
	 * The same without some of the searches, and with other bodies for others; what is not named stays to the byte.
	 *
	 * @param bodies by the place of the search; undefined for one that is left out. They hold no line breaks
	 */
	render(bodies: ReadonlyMap<number, string | undefined>): Buffer {
		return Buffer.concat(
			this.searches.flatMap(({ header, body }, place) => {
				if (!bodies.has(place)) return [header, body, end];
				const other = bodies.get(place);
				return other === undefined ? [] : [header, Buffer.from(other), end];
			}),
		);
	}
}

/** Names of a header's members in camel case, which OpenSearch takes too. */
const camelCase: ReadonlyMap<string, string> = new Map([
	["allowNoIndices", "allow_no_indices"],
	["expandWildcards", "expand_wildcards"],
	["ignoreThrottled", "ignore_throttled"],
	["ignoreUnavailable", "ignore_unavailable"],
	["requestCache", "request_cache"],
	["searchType", "search_type"],
]);

function readHeader(
	line: Buffer,
): Pick<SearchOfMany, "target" | "parameters"> | undefined {
	const text = bodyText(line);
	if (text.trim() === "") return { target: undefined, parameters: new Map() };
	const root = parseLeading(text);
	if (root?.type !== "object") return undefined;
	const parameters = new Map<string, string>();
	let target: string | undefined;
	for (const { name, value } of members(root))
		if (name === "index" || name === "indices") target = listed(value);
		else parameters.set(camelCase.get(name) ?? name, listed(value));
	return { target, parameters };
}

/** A value, or a list of them, as a URL has it. */
function listed(value: Node): string {
	return elements(value)
		.map((element) => String(element.value ?? ""))
		.join(",");
}
