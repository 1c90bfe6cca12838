import { expect, it } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import type { SubSearch } from "../../sidecar/search/hybrid/sub-search.ts";
import { BegunSearches } from "../../sidecar/services/search/begun-searches.ts";
import type {
	CallToOpenSearch,
	ClientCall,
} from "../../sidecar/services/writes/client-call.ts";

const searchFor = (word: string): SubSearch => ({
	index: "books",
	parameters: {},
	isShown: false,
	body: JSON.stringify({ query: { match: { title: word } } }),
});

const [words, vector] = [searchFor("words"), searchFor("vector")];

const nothing = {
	took: 1,
	timed_out: false,
	_shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
	hits: { total: { value: 0, relation: "eq" }, hits: [] },
};

/** An OpenSearch that finds nothing, and what it was asked. */
function finding() {
	const asked: CallToOpenSearch[] = [];
	const call: ClientCall = async (request) => {
		asked.push(request);
		return { status: 200, body: JSON.stringify(nothing) };
	};
	return { asked, call };
}

it("what runs already is not run again", async () => {
	const { asked, call } = finding();
	const begun = new BegunSearches(async () => [words], call);
	const answers = await begun.complete([words, vector], call);
	expect(answers).toHaveLength(2);
	expect(asked.map(({ body }) => body)).toEqual([words.body, vector.body]);
});

it("what turned out to be another search is run as it is", async () => {
	const { asked, call } = finding();
	const begun = new BegunSearches(async () => [words], call);
	await begun.complete([vector], call);
	expect(asked.map(({ body }) => body)).toContain(vector.body);
});

it("each answer is the one to its own search, whichever of them OpenSearch refuses", async () => {
	const error = { type: "a", reason: "b" };
	const call: ClientCall = async ({ body }) =>
		body === words.body
			? { status: 400, body: JSON.stringify({ error, status: 400 }) }
			: { status: 200, body: JSON.stringify(nothing) };
	const begun = new BegunSearches(async () => [words], call);
	const [first, second] = await begun.complete([vector, words], call);
	expect(first).toHaveProperty("hits");
	expect(second).toHaveProperty("status", 400);
});

it("nothing runs on where nobody wants to know any more", async () => {
	const ended = new Promise<void>((resolve) => {
		const call: ClientCall = ({ signal }) => {
			const answer = new Promise<never>((_, reject) => {
				signal?.addEventListener("abort", () => {
					resolve();
					reject(signal.reason);
				});
			});
			begun.end();
			return answer;
		};
		const begun = new BegunSearches(async () => [words], call);
	});
	await ended;
});

it("what could not be found out early is found out later", async () => {
	const { asked, call } = finding();
	const begun = new BegunSearches(async () => {
		throw new SyntaxError("a mistake of the sidecar's own");
	}, call);
	await expect(begun.complete([words], call)).rejects.toThrow(SyntaxError);
	const refused = new BegunSearches(async () => {
		throw new SidecarError("bad_request", "an alias of two indices");
	}, call);
	expect(await refused.complete([words], call)).toHaveLength(1);
	expect(asked).toHaveLength(1);
});
