/** Parameters that say how an answer looks, not what it says. */
const layout: ReadonlySet<string> = new Set([
	"filter_path",
	"format",
	"human",
	"pretty",
]);

/** A URL whose answer is whole and in plain JSON: everything else of it stays to the byte. */
export function jsonUrl(url: string): string {
	const start = url.indexOf("?");
	if (start < 0) return url;
	const hash = url.indexOf("#", start);
	const query = url.slice(start + 1, hash < 0 ? url.length : hash);
	const kept = query
		.split(/[&;]/)
		.filter((piece) => !layout.has(decoded(piece.split("=", 1)[0] ?? "")));
	const path = url.slice(0, start);
	return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}

/** A name as OpenSearch reads it; one that it can't read is not one of those. */
function decoded(name: string): string {
	try {
		return decodeURIComponent(name.replaceAll("+", " "));
	} catch {
		return name;
	}
}
