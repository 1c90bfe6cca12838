const segmentCharacters = "\\w.!~*'();:@&=+$,/-";
const validUri = new RegExp(
	`^(?:[${segmentCharacters}]|[^\\0-\\x7f]|%[0-9a-f]{2})*(?:\\?(?:[${segmentCharacters}?\\[\\]]|[^\\0-\\x7f]|%[0-9a-f]{2})*)?(?:#.*)?$`,
	"i",
);

/** The decoded path of a URL; undefined for one that is none by RFC 2396, by which OpenSearch goes. */
export function uriPath(url: string): string | undefined {
	return validUri.test(url) ? decodedPath(url) : undefined;
}

/** The path of a URL, decoded; a `%` that begins no escape stands for itself. */
export function decodedPath(url: string): string {
	const [path = ""] = url.split(/[?#]/, 1);
	return path.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
		Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
	);
}
