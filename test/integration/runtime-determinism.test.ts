import { afterAll, beforeAll, expect, test } from "vitest";
import { readNouns } from "../../sidecar/dev/wordnet.ts";
import type { LoadedModel } from "../../sidecar/runtime/model-spec.ts";
import { pseudoRandom } from "../helpers/pseudo-random.ts";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
let texts: string[] = [];
beforeAll(async () => {
	models = await RuntimeModels.create();
	const glosses = (await readNouns(30_000)).map(({ gloss }) => gloss);
	// Long ones take long, and a text that comes twice is run once.
	texts = [...new Set(glosses)].filter(({ length }) => length <= 45);
});
afterAll(() => models.close());

/** More would not fit into a lane's queue, and fewer would leave nothing to group. */
const callsAtOnce = 8;
const mostTexts = 64;

interface Call {
	lane: "search" | "ingest";
	/** Positions in the list of texts. */
	members: number[];
}

/** Every text once, in random order: calls of 1 to 64 texts, small ones more often, in either lane. */
function* randomCalls(count: number): Generator<Call> {
	const random = pseudoRandom();
	const next = () => random.next().value;
	const order = Array.from({ length: count }, (_, index) => ({
		index,
		key: next(),
	}))
		.sort((a, b) => a.key - b.key)
		.map(({ index }) => index);
	for (let at = 0; at < count; ) {
		const size = Math.ceil(next() ** 2 * mostTexts);
		const members = order.slice(at, at + size);
		yield { lane: next() < 0.3 ? "search" : "ingest", members };
		at += size;
	}
}

/** One text after the other, so that none of them has company. */
async function alone(
	model: LoadedModel,
	texts: readonly string[],
): Promise<Float32Array[]> {
	const vectors: Float32Array[] = [];
	for (const text of texts) {
		const [embedding] = await model.embed([text], { lane: "search" });
		vectors.push(embedding?.vector ?? new Float32Array());
	}
	return vectors;
}

/** All of them, always several calls at once. */
async function together(
	model: LoadedModel,
	texts: readonly string[],
): Promise<Float32Array[]> {
	const vectors: Float32Array[] = [];
	const calls = randomCalls(texts.length);
	const caller = async () => {
		for (const { lane, members } of calls) {
			const embeddings = await model.embed(
				members.map((index) => texts[index] ?? ""),
				{ lane },
			);
			for (const [at, index] of members.entries())
				vectors[index] = embeddings[at]?.vector ?? new Float32Array();
		}
	};
	await Promise.all(Array.from({ length: callsAtOnce }, caller));
	return vectors;
}

function isSame(a: Float32Array | undefined, b: Float32Array): boolean {
	const bytes = (vector: Float32Array) =>
		Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
	return a?.length === 384 && bytes(a).equals(bytes(b));
}

test.each([
	{ precision: "int8", count: 10_000 },
	{ precision: "fp32", count: 2_000 },
] as const)(
	"a document found once is found again: each of $count texts has one vector to the last bit, whatever it is embedded with ($precision)",
	async ({ precision, count }) => {
		const chosen = texts.slice(0, count);
		expect(chosen).toHaveLength(count);
		const spec = await models.miniLm(precision, { allocations: 1 });
		// Two processes with half of the texts each: what comes of a text depends on neither.
		const runtime = models.runtime();
		const halves = [
			chosen.slice(0, count / 2),
			chosen.slice(count / 2),
		] as const;
		const single = await Promise.all(
			halves.map(async (half, index) =>
				alone(await runtime.load(`alone ${index}`, spec), half),
			),
		);
		await runtime.close();
		const model = await models
			.runtime()
			.load("together", { ...spec, allocations: 2 });
		const vectors = await together(model, chosen);
		const different = single
			.flat()
			.flatMap((vector, index) =>
				isSame(vectors[index], vector) ? [] : [chosen[index]],
			);
		expect(different).toEqual([]);
	},
	120_000,
);
