import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { bulkLines, sendBulk } from "../helpers/bulk-client.ts";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import { readFixture } from "../helpers/fixture.ts";
import {
	fingerprintOf,
	judgedHits,
	type LabelledGlosses,
	labelledGlosses,
	ndcg,
	textsOf,
} from "../helpers/labelled-glosses.ts";
import { unpackedVector } from "../helpers/packed-vectors.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { cosine } from "../helpers/vectors.ts";

/** How far the quality of what is found may be from that of an exact search. */
const tolerance = 0.002;

/** What an exact search reaches at least, or the labels say nothing. */
const leastQuality = 0.3;

const Found = Compile(
	Type.Object({
		hits: Type.Object({
			hits: Type.Array(Type.Object({ _id: Type.String() })),
		}),
	}),
);

const reference = readFixture(
	"ml-commons/retrieval.json",
	Type.Object({ texts: Type.String(), vectors: Type.Array(Type.String()) }),
);

/** Of the documents, then of the queries. */
const vectors = reference.vectors.map(unpackedVector);

let sidecar: TestSidecar;
let model: string;
let index: string;
let glosses: LabelledGlosses;

beforeAll(async () => {
	glosses = await labelledGlosses();
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").fp32);
	index = await createEmbeddingIndex(sidecar, model);
	const lines = glosses.documents.map(({ id, text }) =>
		bulkLines({ index: { _id: id } }, { text }),
	);
	const written = await sendBulk(
		`${sidecar.url}/${index}/_bulk?refresh=true`,
		lines.join(""),
	);
	if (written.errors !== false) throw new Error(written.text.slice(0, 1_000));
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

/** Ids of what is nearest to a text, as a client finds them. */
async function foundFor(query_text: string): Promise<string[]> {
	const { json } = await sidecar.call("POST", `/${index}/_search`, {
		size: judgedHits,
		_source: false,
		query: { neural: { vector: { query_text, model_id: model, k: 100 } } },
	});
	return Found.Parse(json).hits.hits.map(({ _id }) => _id);
}

/** The same by ml-commons' vectors, where every document is looked at. */
function nearest(query: number): string[] {
	const vector = vectors[glosses.documents.length + query] ?? [];
	return glosses.documents
		.map(({ id }, number) => ({
			id,
			score: cosine(vector, vectors[number] ?? []),
		}))
		.sort((a, b) => b.score - a.score)
		.slice(0, judgedHits)
		.map(({ id }) => id);
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

it("what neural queries find is as good as what an exact search by ml-commons' vectors finds", async () => {
	expect(reference.texts).toBe(fingerprintOf(textsOf(glosses)));
	const through: number[] = [];
	for (const { text, gains } of glosses.queries)
		through.push(ndcg(await foundFor(text), gains));
	const exact = glosses.queries.map(({ gains }, number) =>
		ndcg(nearest(number), gains),
	);
	expect(mean(exact)).toBeGreaterThan(leastQuality);
	expect(Math.abs(mean(through) - mean(exact))).toBeLessThanOrEqual(tolerance);
});
