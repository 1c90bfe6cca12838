import fc from "fast-check";
import { expect, test } from "vitest";
import { routingUrl } from "../../sidecar/proxy/routing-url.ts";

test.each([
	["/i/_search", "/i/_search"],
	["/i/_search/", "/i/_search"],
	["/i/_search//?q=a/", "/i/_search?q=a/"],
	["/", "/"],
	["//", "/"],
	["/?", "/?"],
	["/a%2Fb/_doc/%20", "/a%2Fb/_doc/%20"],
	["/%zz", "/%25zz"],
	["/100%", "/100%25"],
	["/a#b/_search", "/a%23b/_search"],
	["/i?q=%zz#", "/i?q=%zz#"],
])("%s is routed as %s", (url, expected) => {
	expect(routingUrl(url)).toBe(expected);
});

test("a bad byte in a list of indices does not hide the other names from the sidecar", () => {
	expect(
		decodeURIComponent(routingUrl("/%ff%2C%2Eml-sidecar-model/_search")),
	).toBe("/\ufffd,.ml-sidecar-model/_search");
});

test("every path can be routed, and a well-formed one means what it meant", () => {
	const piece = fc.oneof(
		fc.constantFrom(
			"%",
			"%2",
			"%2F",
			"%ff",
			"%C3",
			"%A9",
			"#",
			"/",
			"..",
			"?",
			"%25",
			"%zz",
		),
		fc.string({ maxLength: 3 }),
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
			const url = `/${pieces.join("")}`;
			const path = url.split("?", 1)[0] ?? "";
			const routed = routingUrl(url).split("?", 1)[0] ?? "";
			const segments = routed.split("/").map(decodeURIComponent);
			const meant = meaning(path);
			if (meant) expect(segments).toEqual(meant);
		}),
		{ numRuns: 2_000 },
	);
});

/** The segments of a well-formed path, as OpenSearch reads it: split first, then decoded. */
function meaning(path: string): string[] | undefined {
	const segments = path.split("/");
	while (segments.length > 2 && segments.at(-1) === "") segments.pop();
	try {
		return segments.map(decodeURIComponent);
	} catch (error) {
		if (error instanceof URIError) return undefined;
		throw error;
	}
}
