import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import { eventually } from "../helpers/eventually.ts";
import { opensearchUrl } from "../helpers/opensearch.ts";
import {
	type Answer,
	deployMiniLm,
	finishedTask,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

/** So little that it has passed before anything is done. */
const none = "1nanos";

let sidecar: TestSidecar;
let model: string;
let index: string;

beforeAll(async () => {
	// Every text is run: what is asked for here must take its time.
	sidecar = await startSidecar({ SIDECAR_RESULT_CACHE_BYTES: 0 });
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	index = await createEmbeddingIndex(sidecar, model);
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

const texts = (count: number, what = "text") =>
	Array.from(
		{ length: count },
		(_, number) => `${what} ${number} ${"and so on ".repeat(20)}`,
	);

function predict(text_docs: string[], query = "", at = sidecar) {
	const path = `/_plugins/_ml/models/${model}/_predict${query}`;
	return at.call("POST", path, { text_docs });
}

function search(query = "", body: object = {}) {
	return sidecar.call("POST", `/${index}/_search${query}`, {
		...body,
		query: { neural: { vector: { query_text: "a", model_id: model, k: 1 } } },
	});
}

function bulk(documents: readonly string[], query = "") {
	const lines = documents.map(
		(text) => `{"index":{}}\n${JSON.stringify({ text })}\n`,
	);
	return sidecar.call("POST", `/${index}/_bulk${query}`, lines.join(""));
}

async function count(): Promise<unknown> {
	await sidecar.call("POST", `/${index}/_refresh`);
	const { json } = await sidecar.call("GET", `/${index}/_count`);
	return Reflect.get(Object(json), "count");
}

async function set(settings: Record<string, unknown>): Promise<void> {
	await sidecar.call("PUT", "/_cluster/settings", {
		persistent: { plugins: { ml_commons: settings } },
	});
}

const Bulk = Compile(
	Type.Object({
		items: Type.Array(
			Type.Object({
				index: Type.Object({
					status: Type.Number(),
					error: Type.Optional(Type.Object({ type: Type.String() })),
				}),
			}),
		),
	}),
);

function expectLate({ status, json }: Answer): void {
	expect(status).toBe(408);
	expect(textAt(json, "error", "type")).toBe("timeout_exception");
	expect(textAt(json, "error", "reason")).toMatch(
		new RegExp(`^model ${model} gave no answer within [\\d.e-]+ ms$`),
	);
}

describe("nobody waits longer than they said", () => {
	it("for a predict; and what was not run by then is not run any more", async () => {
		const answer = await predict(texts(1_000), "?timeout=200ms");
		expectLate(answer);
		expect(textAt(answer.json, "error", "reason")).toContain("within 200 ms");
		// It would have to wait for the thousand texts otherwise.
		const next = await predict(["next"], "?timeout=5s");
		expect(next.status).toBe(200);
	});

	it("for a search, by its URL or by its body", async () => {
		expectLate(await search(`?timeout=${none}`));
		expectLate(await search("", { timeout: none }));
		expectLate(await search(`?timeout=${none}`, { timeout: "1m" }));
		for (const answer of [
			await search("?timeout=1m", { timeout: none }),
			await search("", { timeout: 0 }),
			await search("?timeout=-1"),
		])
			expect(answer.status).toBe(200);
	});

	it("for a document or a bulk, of which nothing is indexed then", async () => {
		const before = await count();
		expectLate(
			await sidecar.call("POST", `/${index}/_doc?timeout=${none}`, {
				text: "a",
			}),
		);
		expectLate(await bulk(texts(300), `?timeout=${none}`));
		expect(await count()).toBe(before);
		expect((await bulk(texts(3), "?timeout=1m")).json).toMatchObject({
			errors: false,
		});
	});

	it("for the documents of a bulk that need a model: they are to be sent again, and the others are there", async () => {
		const before = await count();
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk?timeout=${none}&refresh=true`,
			[{ text: null }, { text: "late" }, { text: " " }]
				.map((document) => `{"index":{}}\n${JSON.stringify(document)}\n`)
				.join(""),
		);
		const results = Bulk.Parse(json).items.map(({ index }) => index);
		expect(results.map(({ status }) => status)).toEqual([201, 429, 201]);
		expect(results[1]?.error?.type).toBe("timeout_exception");
		expect(await count()).toBe(Number(before) + 2);
	});

	it("or than the sidecar's own limit, where they said nothing", async () => {
		const hasty = await startSidecar({
			SIDECAR_INFERENCE_TIMEOUT_MS: 50,
			SIDECAR_RESULT_CACHE_BYTES: 0,
		});
		try {
			// It has the model in memory.
			expect((await predict(["a"], "?timeout=1m", hasty)).status).toBe(200);
			const late = await predict(texts(1_000), "", hasty);
			expectLate(late);
			expect(textAt(late.json, "error", "reason")).toContain("within 50 ms");
		} finally {
			await hasty.close();
		}
	});

	it("also for a model that another sidecar has", async () => {
		const path = `/_plugins/_ml/models/${model}`;
		const { json } = await sidecar.call(
			"GET",
			`/_plugins/_ml/profile/models/${model}`,
		);
		const [home] = Object.keys(Object(Reflect.get(Object(json), "nodes")));
		await set({ allow_custom_deployment_plan: true });
		await sidecar.call("POST", `${path}/_undeploy`);
		const deployed = await sidecar.call("POST", `${path}/_deploy`, {
			node_ids: [home],
		});
		await finishedTask(sidecar, textAt(deployed.json, "task_id"));
		const away = await startSidecar({ SIDECAR_RESULT_CACHE_BYTES: 0 });
		try {
			expectLate(await predict(texts(1_000), "?timeout=200ms", away));
			expect((await predict(["a"], "?timeout=1m", away)).status).toBe(200);
		} finally {
			await set({ allow_custom_deployment_plan: null });
			await away.close();
		}
	});
});

describe("a time that is none is refused in OpenSearch's words", () => {
	it.each(["abc", "5", "1.5s", "-5s", ""])("%j", async (timeout) => {
		const query = `?timeout=${timeout}`;
		const straight = await fetch(`${opensearchUrl()}/${index}/_search${query}`);
		const said = textAt(await straight.json(), "error", "reason");
		const answers = [
			await predict(["a"], query),
			await search(query),
			await search("", { timeout }),
			await bulk(["a"], query),
			await sidecar.call("POST", `/${index}/_doc${query}`, { text: "a" }),
		];
		for (const { status, json } of answers) {
			expect(status).toBe(400);
			expect(textAt(json, "error", "type")).toBe("illegal_argument_exception");
			expect(textAt(json, "error", "reason")).toBe(said);
		}
	});
});

describe("a model that has no room", () => {
	it("refuses a bulk when it arrives, whole; one that was let in is never refused, however large it is", async () => {
		const before = Number(await count());
		const path = `/_plugins/_ml/models/${model}/_deploy`;
		await sidecar.call("POST", path, {
			number_of_allocations: 1,
			queue_capacity: 20,
		});
		const large = bulk(texts(400, "large"));
		let refused: Answer | undefined;
		let others = 0;
		await eventually(async () => {
			const answer = await bulk(texts(40, `other ${others}`));
			if (answer.status === 429) refused = answer;
			else others++;
			return refused !== undefined;
		});
		expect(refused?.json).toMatchObject({
			error: { type: "rejected_execution_exception" },
			status: 429,
		});
		expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(
			1,
		);
		expect((await large).json).toMatchObject({ errors: false });
		expect(await count()).toBe(before + 400 + 40 * others);
	});
});
