import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { expect } from "vitest";
import type { JsonObject } from "../../ingest/json.ts";
import { callOpenSearch } from "./opensearch.ts";
import { vectorsOf } from "./vectors.ts";

/** A text, and the vector that stands for it in a stored document. */
export interface StoredVector {
	text: string;
	vector: readonly number[];
	/** Where it was found, for whoever reads why a test failed. */
	at: string;
}

const pageDocuments = 1_000;

/** Texts of one call to a model: no more than the smallest queue of a test holds. */
const textsAtOnce = 50;

/** Vectors are written with nine digits; a float has fewer. */
const tolerance = 1e-6;

const Page = Compile(
	Type.Object({
		_scroll_id: Type.String(),
		hits: Type.Object({
			hits: Type.Array(
				Type.Object({
					_id: Type.String(),
					_source: Type.Record(Type.String(), Type.Unknown()),
				}),
			),
		}),
	}),
);

/**
 * Every document of an index by its id, as OpenSearch has stored it.
 *
 * @param excludes fields that nobody wants to see
 */
export async function storedDocuments(
	index: string,
	excludes: readonly string[] = [],
): Promise<Map<string, JsonObject>> {
	await callOpenSearch("POST", `/${index}/_refresh`);
	const documents = new Map<string, JsonObject>();
	const first = `/${index}/_search?scroll=1m&size=${pageDocuments}`;
	let page = Page.Parse(
		await callOpenSearch("POST", first, {
			sort: ["_doc"],
			_source: { excludes },
		}),
	);
	while (page.hits.hits.length > 0) {
		for (const { _id, _source } of page.hits.hits) documents.set(_id, _source);
		const { _scroll_id: scroll_id } = page;
		page = Page.Parse(
			await callOpenSearch("POST", "/_search/scroll", {
				scroll: "1m",
				scroll_id,
			}),
		);
	}
	const { _scroll_id: scroll_id } = page;
	await callOpenSearch("DELETE", "/_search/scroll", { scroll_id });
	return documents;
}

/** Fails for a vector that is not the one that predict gives for its text. */
export async function expectVectorsOfTexts(
	sidecarUrl: string,
	modelId: string,
	stored: readonly StoredVector[],
): Promise<void> {
	const texts = [...new Set(stored.map(({ text }) => text))];
	const predicted = new Map<string, number[]>();
	for (let start = 0; start < texts.length; start += textsAtOnce) {
		const part = texts.slice(start, start + textsAtOnce);
		const vectors = await predict(sidecarUrl, modelId, part);
		for (const [at, text] of part.entries())
			predicted.set(text, vectors[at] ?? []);
	}
	const wrong = stored.filter(({ text, vector }) => {
		const expected = predicted.get(text) ?? [];
		return (
			expected.length === 0 ||
			vector.length !== expected.length ||
			expected.some(
				(value, at) =>
					!(Math.abs(value - (vector[at] ?? Number.NaN)) <= tolerance),
			)
		);
	});
	expect(wrong.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
}

async function predict(
	sidecarUrl: string,
	modelId: string,
	text_docs: readonly string[],
): Promise<number[][]> {
	const path = `/_plugins/_ml/models/${modelId}/_predict`;
	const answer = await fetch(`${sidecarUrl}${path}`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ text_docs }),
	});
	const text = await answer.text();
	if (!answer.ok) throw new Error(text);
	return vectorsOf(JSON.parse(text));
}
