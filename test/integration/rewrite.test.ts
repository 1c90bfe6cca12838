import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

let sidecar: TestSidecar;
let model: string;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	index = await createEmbeddingIndex(sidecar, model);
	await sidecar.call("PUT", `/${index}/_doc/1?refresh=true`, { text: "a cat" });
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

function body(query_text: string) {
	return {
		size: 3,
		query: { neural: { vector: { query_text, model_id: model, k: 2 } } },
	};
}

function rewrite(search: object | string) {
	return sidecar.call("POST", `/_sidecar/rewrite/${index}/_search`, search);
}

describe("what a search becomes can be asked", () => {
	it("with the body that is sent, the model, how the text was read and how long it took", async () => {
		const { status, json } = await rewrite(body("a pet that purrs"));
		expect(status).toBe(200);
		expect(json).toMatchObject({
			rewritten: true,
			body: {
				size: 3,
				query: { knn: { vector: { k: 2, vector: expect.any(Array) } } },
			},
			queries: [
				{
					type: "neural",
					field: "vector",
					model_id: model,
					result: "vector",
					tokens: 8,
					truncated: false,
					cached: false,
				},
			],
			embed_ms: expect.any(Number),
			took_ms: expect.any(Number),
		});
		const sent: unknown = Reflect.get(Object(json), "body");
		const answers = await Promise.all(
			[sent, body("a pet that purrs")].map((search) =>
				sidecar.call("POST", `/${index}/_search`, search),
			),
		);
		const [theirs, ours] = answers.map((answer) =>
			Reflect.get(Object(answer.json), "hits"),
		);
		expect(theirs).toMatchObject({ hits: [{ _id: "1" }] });
		expect(ours).toEqual(theirs);
	});

	it("and whether the cache knew the text", async () => {
		await rewrite(body("a text that comes again"));
		const { json } = await rewrite(body("a text that comes again"));
		expect(json).toMatchObject({ queries: [{ cached: true }] });
	});

	it("and whether it was cut", async () => {
		const { json } = await rewrite(body("word ".repeat(1_000)));
		expect(json).toMatchObject({ queries: [{ truncated: true }] });
	});

	it("where nothing is rewritten, too", async () => {
		const search = { query: { match: { neural: "a" } } };
		const { json } = await rewrite(search);
		expect(json).toEqual({ rewritten: false, body: search });
	});

	it.each<[string, (search: string) => string]>([
		["a comment before it", (search) => `/* mine */${search}`],
		["a byte order mark", (search) => `\ufeff${search}`],
		["something behind it", (search) => `${search}}`],
	])("with %s, as OpenSearch takes it", async (_, written) => {
		const plain = { query: { match: { text: "a" } } };
		expect((await rewrite(written(JSON.stringify(plain)))).json).toEqual({
			rewritten: false,
			body: plain,
		});
		const { json } = await rewrite(written(JSON.stringify(body("a pet"))));
		expect(json).toMatchObject({
			rewritten: true,
			body: { size: 3, query: { knn: { vector: { k: 2 } } } },
		});
	});

	it.each([undefined, "{", "[]"])(
		"a body that is none is refused: %j",
		async (wrong) => {
			const { status, json } = await sidecar.call(
				"POST",
				`/_sidecar/rewrite/${index}/_search`,
				wrong,
			);
			expect(status).toBe(400);
			expect(json).toMatchObject({ status: 400 });
		},
	);
});

describe("an answer says how long its models took", () => {
	it("where models were asked, and nowhere else", async () => {
		const [asked, plain] = await Promise.all(
			[body("something"), { query: { match_all: {} } }].map((search) =>
				sidecar.call("POST", `/${index}/_search`, search),
			),
		);
		const header = "x-sidecar-embed-ms";
		expect(Number(asked?.headers.get(header))).toBeGreaterThan(0);
		expect(plain?.headers.get(header)).toBeNull();
	});

	it("unless that is switched off", async () => {
		const silent = await startSidecar({ SIDECAR_EMBED_MS_HEADER: false });
		try {
			const answer = await silent.call(
				"POST",
				`/${index}/_search`,
				body("something"),
			);
			expect(answer.status).toBe(200);
			expect(answer.headers.get("x-sidecar-embed-ms")).toBeNull();
		} finally {
			await silent.close();
		}
	});
});
