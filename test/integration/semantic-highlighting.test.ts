import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import { put } from "../helpers/embedding-index.ts";
import { makeFunctionModels } from "../helpers/function-models.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import {
	type Answer,
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const SearchAnswer = Compile(
	Type.Object({
		hits: Type.Object({
			hits: Type.Array(
				Type.Object({
					_id: Type.String(),
					_source: Type.Optional(Type.Unknown()),
					highlight: Type.Optional(
						Type.Record(Type.String(), Type.Array(Type.String())),
					),
				}),
			),
		}),
	}),
);

const texts = {
	mixed: "The plumber repairs pipes & taps. Cats sleep all day. Wine is red.",
	rates: "Interest rates rose overnight.",
};

let folder = "";
let sidecar: TestSidecar;
let model: string;
let answering: string;
let index: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "highlighting-test-"));
	const { int8 } = inject("minilm");
	const { questionAnswering } = await makeFunctionModels(int8, folder);
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	model = await deployMiniLm(sidecar, int8);
	answering = await deployCaseModel(sidecar, {
		archive: questionAnswering,
		functionName: "QUESTION_ANSWERING",
		config: {
			model_type: "bert",
			framework_type: "huggingface_transformers",
		},
	});
	index = uniqueName("index");
	await put(sidecar, `/${index}`, {
		mappings: { properties: { t: { type: "text" }, k: { type: "keyword" } } },
	});
	for (const [id, t] of Object.entries(texts))
		await sidecar.call("PUT", `/${index}/_doc/${id}`, { t, k: id });
	await sidecar.call("PUT", `/${index}/_doc/other`, { k: "cats" });
	await sidecar.call("POST", `/${index}/_refresh`);
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await removeModel(sidecar, answering);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

function search(body: object, query = ""): Promise<Answer> {
	return sidecar.call("POST", `/${index}/_search${query}`, body);
}

/** What is highlighted, by document. */
async function highlighted(body: object) {
	const { status, text, json } = await search(body);
	if (status !== 200 || !SearchAnswer.Check(json))
		throw new Error(`${status} ${text}`);
	return new Map(json.hits.hits.map(({ _id, highlight }) => [_id, highlight]));
}

const forCats = {
	bool: {
		must: { match_all: {} },
		should: { match: { t: "Where do the cats sleep?" } },
	},
};

function semantic(options: object = {}, others: object = {}) {
	return {
		fields: { t: { type: "semantic" } },
		options: { model_id: model, ...options },
		...others,
	};
}

describe("semantic highlighting", () => {
	it("marks the sentence that means what was looked for, and shows the rest of the text with it", async () => {
		const shown = await highlighted({
			query: forCats,
			_source: false,
			highlight: semantic(),
		});
		expect(shown).toEqual(
			new Map([
				[
					"mixed",
					{
						t: [
							"The plumber repairs pipes & taps. <em>Cats sleep all day.</em> Wine is red.",
						],
					},
				],
				["rates", { t: [texts.rates] }],
				["other", undefined],
			]),
		);
	});

	it("has the client's tags, and stands beside OpenSearch's own highlights", async () => {
		const shown = await highlighted({
			query: { bool: { must: forCats, should: { term: { k: "mixed" } } } },
			highlight: {
				...semantic(),
				encoder: "html",
				pre_tags: ["<b>"],
				post_tags: ["</b>"],
				fields: [{ "*": {} }, { t: { type: "semantic" } }],
			},
		});
		expect(shown.get("mixed")).toEqual({
			t: [
				"The plumber repairs pipes & taps. <b>Cats sleep all day.</b> Wine is red.",
			],
			k: ["<b>mixed</b>"],
		});
	});

	it("marks as many sentences as it is told, from the similarity on that it is told", async () => {
		const marked = async (options: object) =>
			(await highlighted({ query: forCats, highlight: semantic(options) })).get(
				"mixed",
			)?.t?.[0];
		expect(await marked({ min_similarity: -1, max_sentences: 9 })).toBe(
			"<em>The plumber repairs pipes & taps.</em> <em>Cats sleep all day.</em> <em>Wine is red.</em>",
		);
		expect(await marked({ min_similarity: -1, max_sentences: 1 })).toContain(
			"taps. <em>Cats sleep all day.</em> Wine",
		);
		expect(await marked({ min_similarity: 1 })).toBe(texts.mixed);
	});

	it("marks the sentence with the words that a model answers with", async () => {
		const question = "Where do the cats sleep?";
		const { json } = await sidecar.call(
			"POST",
			`/_plugins/_ml/_predict/question_answering/${answering}`,
			{ question, context: texts.mixed },
		);
		const answer = textAt(json, "inference_results", 0, "output", 0, "result");
		expect(answer).toBe(". cats sleep all day . wine");
		const shown = await highlighted({
			query: forCats,
			highlight: semantic({ model_id: answering }),
		});
		expect(shown.get("mixed")).toEqual({
			t: [
				"The plumber repairs pipes & taps. <em>Cats sleep all day.</em> <em>Wine is red.</em>",
			],
		});
	});

	it("shows nothing where nothing was looked for in words", async () => {
		const shown = await highlighted({
			query: { match_all: {} },
			highlight: semantic(),
		});
		expect([...shown.values()]).toEqual([undefined, undefined, undefined]);
	});

	it.each([
		[
			{ model_id: 5 },
			400,
			"model_id must be a non-null string, but was Integer",
		],
		[
			{ model_id: null },
			400,
			"model_id must be a non-null string, but was null",
		],
		[{ model_id: "nothing" }, 404, "Failed to find model"],
		[
			{ max_sentences: "many" },
			400,
			'max_sentences must be a whole number from 1 on, but was "many"',
		],
	])("refuses the options %j", async (options, status, reason) => {
		const { json, ...answer } = await search({
			query: forCats,
			highlight: semantic(options),
		});
		expect([answer.status, textAt(json, "error", "reason")]).toEqual([
			status,
			reason,
		]);
	});

	it("leaves what else is wrong in a highlight to OpenSearch", async () => {
		const { status, text } = await search({
			query: forCats,
			highlight: semantic({}, { bogus: 1 }),
		});
		expect(status).toBe(400);
		expect(text).toContain("unknown field [bogus]");
	});
});
