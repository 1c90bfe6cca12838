import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type GlossIndex, startGlossIndex } from "../helpers/gloss-index.ts";
import {
	type ListeningOpenSearch,
	startListeningOpenSearch,
} from "../helpers/listening-opensearch.ts";
import { textAt } from "../helpers/sidecar.ts";

/*
 * APIs of modules and plugins that are not to be had here: what they are sent is looked at, and nobody carries it out.
 */

let openSearch: ListeningOpenSearch;
let glosses: GlossIndex;
beforeAll(async () => {
	openSearch = await startListeningOpenSearch(
		/_rank_eval|_asynchronous_search|remote:/,
	);
	glosses = await startGlossIndex({ OPENSEARCH_URL: openSearch.url });
});
beforeEach(() => {
	openSearch.heard.length = 0;
});
afterAll(async () => {
	await glosses.close();
	openSearch.close();
});

const pet = "a pet that purrs";
const call = (path: string, body: unknown) =>
	glosses.sidecar.call("POST", path, body);

const knn = {
	knn: {
		vector: {
			vector: expect.arrayContaining([expect.any(Number)]),
			k: 1,
		},
	},
};

it("an asynchronous search is sent on with its queries rewritten, and its parameters", async () => {
	const path = `/_plugins/_asynchronous_search?index=${glosses.index}&keep_on_completion=true`;
	await call(path, { query: glosses.neural(pet), size: 1 });
	expect(openSearch.heard).toEqual([
		{ url: path, body: { query: knn, size: 1 } },
	]);
});

it("but not through a pipeline that would have to wait for its answer", async () => {
	const { status, json } = await call(
		`/_plugins/_asynchronous_search?index=${glosses.index}`,
		{
			query: glosses.neural(pet),
			search_pipeline: {
				response_processors: [{ hybrid_score_explanation: {} }],
			},
		},
	);
	expect({ status, heard: openSearch.heard }).toEqual({
		status: 400,
		heard: [],
	});
	expect(textAt(json, "error", "reason")).toContain("asynchronous search");
});

it("the searches of a ranking evaluation are rewritten, and those of its templates", async () => {
	const metric = { precision: { k: 1 } };
	const path = `/${glosses.index}/_rank_eval`;
	await call(path, {
		requests: [
			{ id: "a", request: { query: glosses.neural(pet) }, ratings: [] },
			{ id: "b", template_id: "t", params: { text: pet }, ratings: [] },
			{ id: "c", request: { query: { match_all: {} } }, ratings: [] },
		],
		templates: [
			{
				id: "t",
				template: {
					source: JSON.stringify({ query: glosses.neural("{{text}}") }),
				},
			},
		],
		metric,
	});
	expect(openSearch.heard).toMatchObject([
		{
			url: path,
			body: {
				requests: [
					{ id: "a", request: { query: knn }, ratings: [] },
					{ id: "b", request: { query: knn }, ratings: [] },
					{ id: "c", request: { query: { match_all: {} } }, ratings: [] },
				],
				metric,
			},
		},
	]);
});

it("the name of an index in another cluster stays as it is", async () => {
	await call("/remote:books/_search", { query: glosses.neural(pet) });
	await call(`/${glosses.index},remote:*/_count`, {
		query: glosses.neural(pet),
	});
	expect(openSearch.heard).toMatchObject([
		{ url: "/remote:books/_search", body: { query: knn } },
		{ url: `/${glosses.index},remote:*/_count`, body: { query: knn } },
	]);
});
