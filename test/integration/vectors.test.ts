import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import recorded from "../fixtures/ml-commons/minilm-vectors.json" with {
	type: "json",
};
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { cosine, vectorsOf } from "../helpers/vectors.ts";

const artifacts = inject("minilm");

describe.each([
	{ precision: "fp32", least: 0.9999 },
	{ precision: "int8", least: 0.999 },
] as const)("vectors of MiniLM $precision", ({ precision, least }) => {
	let sidecar: TestSidecar;
	let id: string;

	beforeAll(async () => {
		sidecar = await startSidecar();
		id = await deployMiniLm(sidecar, artifacts[precision]);
	});
	afterAll(async () => {
		await removeModel(sidecar, id);
		await sidecar.close();
	});

	const predict = async (texts: readonly string[]) => {
		const path = `/_plugins/_ml/models/${id}/_predict`;
		return vectorsOf(
			(await sidecar.call("POST", path, { text_docs: texts })).json,
		);
	};

	it(`are ml-commons' own: cosine ${least} at least, for every kind of text`, async () => {
		const vectors = await predict(recorded.texts);
		const wrong = recorded.texts.flatMap((text, index) => {
			const similarity = cosine(
				vectors[index] ?? [],
				recorded[precision][index] ?? [],
			);
			return similarity >= least ? [] : [{ text, similarity }];
		});
		expect(wrong).toEqual([]);
	});

	it("are a text's own: alone, among others and in any order bit for bit the same", async () => {
		const texts = recorded.texts;
		const together = await predict(texts);
		const reversed = (await predict(texts.toReversed())).toReversed();
		expect(reversed).toEqual(together);
		for (const [index, text] of texts.entries())
			expect(await predict([text])).toEqual([together[index]]);
	});
});
