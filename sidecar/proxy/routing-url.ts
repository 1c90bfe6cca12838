const escapes = /(?:%[0-9a-f]{2})+|%/gi;

/**
 * The path by which a request is routed, such that the router reads it as OpenSearch does and knows every path
 * that OpenSearch knows: a path that the router misread would go round the routes that this sidecar intercepts.
 * What is sent on is the URL as it came.
 *
 * - bytes that are not UTF-8 become U+FFFD, as in Java; a `%` that begins no escape stands for itself;
 * - `#` is an ordinary character: OpenSearch ends the path at `?` only;
 * - trailing slashes are of no meaning to OpenSearch.
 */
export function routingUrl(url: string): string {
	const end = url.indexOf("?");
	const path = end < 0 ? url : url.slice(0, end);
	const query = end < 0 ? "" : url.slice(end);
	return wellFormed(withoutTrailingSlashes(path)) + query;
}

function wellFormed(path: string): string {
	const escaped = path.includes("%")
		? path.replaceAll(escapes, (run) =>
				run === "%"
					? "%25"
					: encodeURIComponent(
							Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
						),
			)
		: path;
	return escaped.includes("#") ? escaped.replaceAll("#", "%23") : escaped;
}

/** By hand, since a regular expression for it takes quadratic time on `/////…x`. */
function withoutTrailingSlashes(path: string): string {
	let length = path.length;
	while (length > 1 && path[length - 1] === "/") length--;
	return length === path.length ? path : path.slice(0, length);
}
