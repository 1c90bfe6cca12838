import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readFixture } from "../helpers/fixture.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { cosine, vectorsOf } from "../helpers/vectors.ts";

const recorded = readFixture(
	"ml-commons/minilm-vectors.json",
	Type.Object({
		texts: Type.Array(
			Type.Object({
				name: Type.String(),
				text: Type.String(),
				fp32: Type.Array(Type.Number()),
				int8: Type.Array(Type.Number()),
			}),
		),
	}),
);
const artifacts = inject("minilm");
const texts = recorded.texts.map(({ text }) => text);

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
		const vectors = await predict(texts);
		const wrong = recorded.texts.flatMap((theirs, index) => {
			const similarity = cosine(vectors[index] ?? [], theirs[precision]);
			return similarity >= least ? [] : [{ name: theirs.name, similarity }];
		});
		expect(wrong).toEqual([]);
	});

	it("are a text's own: alone, among others and in any order bit for bit the same", async () => {
		const together = await predict(texts);
		const reversed = (await predict(texts.toReversed())).toReversed();
		expect(reversed).toEqual(together);
		for (const [index, text] of texts.entries())
			expect(await predict([text])).toEqual([together[index]]);
	});
});
