import fc from "fast-check";
import { expect, test } from "vitest";
import { knnRenderers } from "../../sidecar/search/queries/neural-query.ts";
import { SearchBody } from "../../sidecar/search/search-body.ts";
import { mayConcern } from "../../sidecar/search/search-signs.ts";
import {
	mark,
	randomForeignSearch,
	randomSearch,
} from "../helpers/random-searches.ts";

/** Milliseconds: searches grow large now and then, and machines are slow now and then. */
const timeout = 60_000;

const { SIDECAR_TEST_SEED } = process.env;
const seed = SIDECAR_TEST_SEED && { seed: Number(SIDECAR_TEST_SEED) };

function parse(text: string): SearchBody {
	const body = SearchBody.parse(Buffer.from(text));
	if (!body) throw new Error(`not read: ${text}`);
	return body;
}

test("a search without a query of the sidecar's has nothing to rewrite, whatever names and texts are in it", {
	timeout,
}, () => {
	let suspicious = 0;
	fc.assert(
		fc.property(randomForeignSearch, (text) => {
			if (/neural|hybrid|wrapper|\\u/.test(text)) suspicious++;
			const body = parse(text);
			expect(body.textQueries).toEqual([]);
			expect(body.hybrids).toEqual([]);
			const same = body.render({ renderers: new Map() });
			expect(same).toBe(text.replace(/^\ufeff/, ""));
		}),
		{ numRuns: 500, ...seed },
	);
	// It would say little if none held a name that had to be looked at.
	expect(suspicious).toBeGreaterThan(300);
});

test("each query of the sidecar's is found, wherever it stands, and all else of the search stays as it was", {
	timeout,
}, () => {
	let [found, toTheByte] = [0, 0];
	fc.assert(
		fc.property(randomSearch, ({ text, expected, marked, count }) => {
			if (count === 0) return;
			expect(mayConcern(Buffer.from(text))).toBe(true);
			const body = parse(text);
			expect(body.textQueries).toHaveLength(count);
			found += count;
			const rewritten = body.textQueries.flatMap((query) => [
				...knnRenderers(query, JSON.stringify([query.text])),
			]);
			const sent = body.render({ renderers: new Map(rewritten) });
			expect(JSON.parse(withoutComment(sent))).toEqual(expected);
			if (marked === undefined) return;
			toTheByte++;
			const colon = text.includes("\n") ? ": " : ":";
			const [[name, value] = []] = Object.entries(mark);
			const marks = body.textQueries.map(
				({ clause }) =>
					[clause.node, () => `"${name}"${colon}${value}`] as const,
			);
			expect(body.render({ renderers: new Map(marks) })).toBe(
				marked.replace(/^\ufeff/, ""),
			);
		}),
		{ numRuns: 500, ...seed },
	);
	expect(found).toBeGreaterThan(1_000);
	expect(toTheByte).toBeGreaterThan(100);
});

/** That a client may write before a search, as OpenSearch lets it. */
function withoutComment(text: string): string {
	return text.replace(/^\/\*.*?\*\//, "");
}
