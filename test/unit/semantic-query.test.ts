import { expect, it } from "vitest";
import type { SemanticField } from "../../ingest/semantic/semantic-field.ts";
import { semanticRenderers } from "../../sidecar/search/queries/semantic-query.ts";
import { SearchBody } from "../../sidecar/search/search-body.ts";

const field: SemanticField = {
	kind: "dense",
	searchModelId: "m",
	analyzer: undefined,
	vectorField: "t_semantic_info.embedding",
	nestedPath: undefined,
};

function sent(options: object, of: SemanticField = field): unknown {
	const query = { neural: { t: { query_text: "a", ...options } } };
	const body = SearchBody.parse(Buffer.from(JSON.stringify({ query })));
	const [found] = body?.textQueries ?? [];
	if (!body || !found) throw new Error("no neural query");
	const result = { form: "vector", json: "[1]", dimension: 1 } as const;
	const renderers = semanticRenderers(found, of, result);
	return JSON.parse(body.render({ renderers })).query;
}

it("a query on a semantic field may be named by a number, as any neural one", () => {
	expect(sent({ _name: 5, k: 3 })).toEqual({
		knn: { [field.vectorField]: { vector: [1], k: 3, _name: "5" } },
	});
});

it("a query on a field in chunks has its name and boost outside of them", () => {
	const nestedPath = "t_semantic_info.chunks";
	const vectorField = `${nestedPath}.embedding`;
	expect(
		sent({ _name: 5, boost: 2 }, { ...field, nestedPath, vectorField }),
	).toEqual({
		nested: {
			path: nestedPath,
			score_mode: "max",
			query: { knn: { [vectorField]: { vector: [1], k: 10 } } },
			_name: "5",
			boost: 2,
		},
	});
});
