import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { readFixture } from "../helpers/fixture.ts";
import {
	type FunctionModel,
	functionCalls,
	functionModels,
	functionPath,
} from "../helpers/function-calls.ts";
import {
	type FunctionModels,
	makeFunctionModels,
} from "../helpers/function-models.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import {
	chunksOf,
	deploy,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

/*
 * Models for every function of ml-commons but plain text embedding, made of MiniLM. What ml-commons 3.6 answered
 * with the very same archives is recorded; the sidecar's answers are the same, or differ for a reason here.
 */

const wrongType = "400, not 500: the request is wrong";
const ownWords = "the sidecar's own words";

const differences: Readonly<Record<string, string>> = {
	"sparse_encoding in an unknown format": ownWords,
	"sparse_encoding parameters no object": wrongType,
	"sparse_encoding a null among the texts": wrongType,
	"sparse_encoding target_response output":
		"the tensor has its name, as with TORCH_SCRIPT",
	"sparse_tokenize in an unknown format": ownWords,
	"sparse_tokenize parameters no object": wrongType,
	"sparse_tokenize a null among the texts": wrongType,
	"text_similarity query_text null": wrongType,
	"text_similarity query_text a list": wrongType,
	"text_similarity text_docs a string": wrongType,
	"text_similarity a null among the texts": wrongType,
	"question_answering question null": wrongType,
	"question_answering question a list": wrongType,
	"question_answering by another algorithm's route":
		"the model's own function decides how a body is read",
	"two_outputs_mean an unknown content_type": ownWords,
	"two_outputs_none an unknown content_type": ownWords,
};

const recorded = readFixture(
	"ml-commons/functions.json",
	Type.Object({
		archives: Type.Record(Type.String(), Type.String()),
		calls: Type.Array(
			Type.Object({
				name: Type.String(),
				model: Type.String(),
				request: Type.Unknown(),
				status: Type.Integer(),
				answer: Type.Unknown(),
			}),
		),
	}),
);
const answers = new Map(recorded.calls.map((call) => [call.name, call]));

let folder = "";
let archives: FunctionModels;
let sidecar: TestSidecar;
const ids = new Map<string, string>();

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "functions-test-"));
	archives = await makeFunctionModels(inject("minilm").int8, folder);
	sidecar = await startSidecar({
		SIDECAR_MODEL_ALLOCATIONS: 1,
		SIDECAR_PREDICT_TEXTS_LIMIT: 16,
	});
	for (const [name, model] of Object.entries(functionModels)) {
		const id = await register(archives[model.archive], model);
		ids.set(name, id);
		const task = await deploy(sidecar, id);
		expect(task).toMatchObject({ state: "COMPLETED" });
	}
});
afterAll(async () => {
	for (const id of ids.values()) await removeModel(sidecar, id);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

async function register(
	archive: ModelArtifact,
	{ functionName, config }: Omit<FunctionModel, "archive">,
): Promise<string> {
	const { json } = await sidecar.call(
		"POST",
		"/_plugins/_ml/models/_register_meta",
		{
			name: "function test",
			version: "1.0.0",
			function_name: functionName,
			model_format: "ONNX",
			model_content_hash_value: archive.sha256,
			model_content_size_in_bytes: archive.sizeBytes,
			total_chunks: Math.ceil(archive.sizeBytes / 10_000_000),
			...(config && { model_config: config }),
		},
	);
	const id = textAt(json, "model_id");
	let number = 0;
	for await (const chunk of chunksOf(archive)) {
		const path = `/_plugins/_ml/models/${id}/upload_chunk/${number++}`;
		expect(await sidecar.call("POST", path, chunk)).toMatchObject({
			status: 200,
		});
	}
	return id;
}

function idOf(model: string): string {
	const id = ids.get(model);
	if (id === undefined) throw new Error(`no model ${model}`);
	return id;
}

async function predict(model: string, body: unknown) {
	const path = `/_plugins/_ml/models/${idOf(model)}/_predict`;
	return await sidecar.call("POST", path, body);
}

interface Compared {
	/** The body with numbers replaced, and without sparse vectors. */
	body: unknown;
	/** The sparse vectors that were in it. */
	weights: Map<string, number>[];
	/** All the other numbers of tensors. */
	numbers: number[];
}

/**
 * A body in parts: int8 kernels are others on other processors, so that numbers differ a little, and weights near
 * 0 come and go. Sparse tensors of ONNX have no name in ml-commons.
 */
function compared(json: unknown): Compared {
	const weights: Compared["weights"] = [];
	const numbers: number[] = [];
	const body: unknown = JSON.parse(
		JSON.stringify(json ?? null),
		(key, value: unknown) => {
			if (key === "name" && value === "output") return undefined;
			if (key === "array" && typeof value === "string") return value.length;
			if (key === "data" && Array.isArray(value)) {
				numbers.push(...value);
				return value.length;
			}
			if (key !== "response" || !Array.isArray(value)) return value;
			for (const vector of value) weights.push(new Map(Object.entries(vector)));
			return value.length;
		},
	);
	return { body, weights, numbers };
}

/** The cosine of two sparse vectors; 1 for two without entries. */
function alike(
	a: ReadonlyMap<string, number>,
	b: ReadonlyMap<string, number>,
): number {
	const dot = (x: typeof a, y: typeof a) =>
		[...x].reduce(
			(sum, [token, weight]) => sum + weight * (y.get(token) ?? 0),
			0,
		);
	if (a.size === 0 && b.size === 0) return 1;
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Whether two bodies say the same; sparse vectors have a cosine of 0.999 at least, as dense ones of int8 have. */
function areAlike(ours: unknown, theirs: unknown): boolean {
	const a = compared(ours);
	const b = compared(theirs);
	return (
		JSON.stringify(a.body) === JSON.stringify(b.body) &&
		a.weights.length === b.weights.length &&
		a.weights.every((weights, index) => {
			const other = b.weights[index];
			return other !== undefined && alike(weights, other) >= 0.999;
		}) &&
		a.numbers.length === b.numbers.length &&
		a.numbers.every((number, index) => {
			const other = b.numbers[index] ?? Number.NaN;
			return Math.abs(number - other) <= 0.02 * Math.max(1, Math.abs(other));
		})
	);
}

describe("ml-commons' predictions", () => {
	it("were made with the very same archives and requests", () => {
		const hashes = Object.entries(archives).map(([name, { sha256 }]) => [
			name,
			sha256,
		]);
		expect(Object.fromEntries(hashes)).toEqual(recorded.archives);
		const requests = recorded.calls.map(({ name, request }) => [name, request]);
		expect(Object.fromEntries(requests)).toEqual(
			Object.fromEntries(functionCalls.map(({ name, body }) => [name, body])),
		);
	});

	it.each(functionCalls.map((call) => [call.name, call] as const))(
		"%s",
		async (name, call) => {
			const path = functionPath(call, idOf(call.model));
			const { status, json } = await sidecar.call("POST", path, call.body);
			const theirs = answers.get(name);
			const same = status === theirs?.status && areAlike(json, theirs?.answer);
			if (name in differences) {
				expect(status).toBeLessThan(500);
				expect(same).toBe(false);
			} else if (!same) {
				// Says what differs, where the numbers alone do not.
				expect({ status, json }).toEqual({
					status: theirs?.status,
					json: theirs?.answer,
				});
			}
		},
	);
});

describe("a sparse vector", () => {
	it("has the weights of words that special tokens are none of, in 32-bit floats", async () => {
		const { json } = await predict("sparse_encoding", {
			text_docs: ["hello"],
		});
		const { weights } = compared(json);
		const [words = new Map<string, number>()] = weights;
		expect(words.get("hello")).toBeGreaterThan(0.5);
		expect(words.has("[CLS]")).toBe(false);
		for (const weight of words.values())
			expect(Number(Math.fround(weight).toPrecision(9))).toBe(weight);
	});

	it("of a text does not depend on the texts beside it", async () => {
		const texts = ["hello world", "water pipes", "hello world", "a"];
		const together = await predict("sparse_encoding", { text_docs: texts });
		const { weights } = compared(together.json);
		for (const [index, text] of texts.entries()) {
			const alone = await predict("sparse_encoding", { text_docs: [text] });
			expect(compared(alone.json).weights).toEqual([weights[index]]);
		}
	});
});

describe("more texts than a request may have", () => {
	it.each([
		["sparse_encoding", {}],
		["sparse_tokenize", {}],
		["text_similarity", { query_text: "a" }],
	])("are refused by %s with the limit's name", async (model, more) => {
		const text_docs = Array.from({ length: 17 }, () => "a");
		const { status, json } = await predict(model, { text_docs, ...more });
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toBe(
			"text_docs holds 17 texts, SIDECAR_PREDICT_TEXTS_LIMIT allows 16",
		);
	});
});

describe("a model that does not do what it was registered for", () => {
	it.each([
		["SPARSE_ENCODING", "textSimilarity", /1 weights, but .* 30522 tokens/],
		["TEXT_SIMILARITY", "twoOutputs", /scores of a pair of texts/],
		["QUESTION_ANSWERING", "textSimilarity", /start_logits and end_logits/],
		["TEXT_SIMILARITY", "sparseTokenize", /Can't find model file/],
	] as const)(
		"%s with %s is not deployed, and says why",
		async (functionName, archive, reason) => {
			const config = {
				model_type: "bert",
				framework_type: "huggingface_transformers",
			};
			const id = await register(archives[archive], { functionName, config });
			const task = await deploy(sidecar, id);
			expect(task).toMatchObject({
				state: "FAILED",
				error: expect.stringMatching(reason),
			});
			await removeModel(sidecar, id);
		},
	);

	it("gives no vectors to a search that wants some", async () => {
		const id = idOf("sparse_encoding");
		const { status, json } = await sidecar.call("POST", "/_search", {
			query: {
				// No index has it: what it is mapped to would be looked at before.
				neural: {
					[uniqueName("field")]: { query_text: "a", model_id: id, k: 1 },
				},
			},
		});
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toBe(
			`model ${id} is for SPARSE_ENCODING, not for TEXT_EMBEDDING`,
		);
	});

	it("for highlighting is refused when it is registered", async () => {
		const { status, json } = await sidecar.call(
			"POST",
			"/_plugins/_ml/models/_register_meta",
			{
				name: "highlighter",
				function_name: "QUESTION_ANSWERING",
				model_format: "ONNX",
				model_content_hash_value: "0".repeat(64),
				total_chunks: 1,
				model_config: {
					model_type: "sentence_highlighting",
					framework_type: "huggingface_transformers",
				},
			},
		);
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toMatch(/no such models as ONNX/);
	});
});
