/** A parameter of a query, as OpenSearch reads it. */
export interface Parameter {
	readonly name: string;
	readonly value: string;
	/** Where its value stands in the URL. */
	readonly start: number;
	readonly end: number;
}

/** Path and query of a request, taken apart as OpenSearch does it. */
export interface RequestTarget {
	/** The path's segments, percent-decoded. */
	readonly segments: readonly string[];
	/** The same as they were sent. */
	readonly rawSegments: readonly string[];
	readonly parameters: readonly Parameter[];
	/** Whether the path begins with an index expression, and not with an API's name. */
	readonly indexFirst: boolean;
}

const escapes = /(?:%[0-9a-f]{2})+/gi;

/**
 * The path ends at the first `?`. Segments are split before they are decoded; an API is recognised before that, so
 * `%5Fall` is a name. No API has a comma in its name. Trailing slashes have no meaning. Parameters are parted by `&` or `;`.
 */
export function parseTarget(url: string): RequestTarget {
	const mark = url.indexOf("?");
	const path = mark < 0 ? url : url.slice(0, mark);
	const rawSegments = path.split("/");
	if (rawSegments[0] === "") rawSegments.shift();
	while (rawSegments.at(-1) === "") rawSegments.pop();
	const segments = rawSegments.map(decoded);
	return {
		rawSegments,
		segments,
		parameters: mark < 0 ? [] : readParameters(url, mark + 1),
		indexFirst:
			(!rawSegments[0]?.startsWith("_") && rawSegments.length > 0) ||
			/^_all$|,/.test(segments[0] ?? ""),
	};
}

/** The values of a parameter: a query may hold it several times. */
export function valuesOf(
	{ parameters }: RequestTarget,
	name: string,
): readonly string[] {
	return parameters
		.filter((parameter) => parameter.name === name)
		.map(({ value }) => value);
}

function readParameters(url: string, start: number): Parameter[] {
	const found: Parameter[] = [];
	for (let position = start; position < url.length; ) {
		const rest = url.slice(position).search(/[&;]/);
		const end = rest < 0 ? url.length : position + rest;
		const equals = url.slice(position, end).indexOf("=");
		const nameEnd = equals < 0 ? end : position + equals;
		const valueStart = Math.min(nameEnd + 1, end);
		found.push({
			name: decodedQuery(url.slice(position, nameEnd)),
			value: decodedQuery(url.slice(valueStart, end)),
			start: valueStart,
			end,
		});
		position = end + 1;
	}
	return found;
}

function decodedQuery(text: string): string {
	return decoded(text.replaceAll("+", " "));
}

/** Bytes that are not UTF-8 become U+FFFD, as in Java; a `%` that begins no escape stays. */
function decoded(text: string): string {
	return text.includes("%")
		? text.replaceAll(escapes, (run) =>
				Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
			)
		: text;
}
