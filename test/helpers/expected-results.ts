import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../../ingest/json.ts";
import type { BulkResult } from "./bulk-client.ts";
import type {
	ModelledCluster,
	RandomBulk,
	RandomItem,
} from "./ingest-bulks.ts";
import { isNothing, type VectorOf } from "./ingest-model.ts";

/** What should come of an item. */
export interface ExpectedResult {
	operation: string;
	index: string;
	id: string | null;
	status: number;
	version: number | undefined;
}

/**
 * What should come of an item, once all before it are done; the cluster is changed accordingly.
 *
 * @param result what came of it: it names the id that OpenSearch has found
 */
export function expectedResult(
	cluster: ModelledCluster,
	{ item, request }: { item: RandomItem; request: RandomBulk },
	result: BulkResult | undefined,
): ExpectedResult {
	const { operation, index } = item;
	const id = item.id ?? result?.id ?? null;
	const named = { operation, index: index.name, id };
	const failed = (status: number) => ({ ...named, status, version: undefined });
	if (id === null) return failed(400);
	const before = index.documents.get(id);
	const done = (status: number, document: JsonObject | undefined) => {
		const version = (index.versions.get(id) ?? 0) + 1;
		index.versions.set(id, version);
		if (document) index.documents.set(id, document);
		else index.documents.delete(id);
		return { ...named, status, version };
	};
	if (operation === "update") {
		const after = updated(before, item, cluster);
		if (!after) return failed(404);
		if (after.n !== undefined && typeof after.n !== "number")
			return failed(400);
		// Nothing is written where nothing changes.
		if (before && isDeepStrictEqual(after, before))
			return { ...named, status: 200, version: index.versions.get(id) };
		return done(before ? 200 : 201, after);
	}
	if (operation === "delete") {
		if (item.conflicts) return failed(409);
		return done(before ? 200 : 404, undefined);
	}
	const pipeline = item.pipeline ?? request.pipeline ?? index.first;
	const document = throughPipelines(item.document, cluster, [
		pipeline,
		index.final,
	]);
	if (!document) return failed(400);
	if (document.n !== undefined && typeof document.n !== "number")
		return failed(400);
	if (item.conflicts || (operation === "create" && before)) return failed(409);
	return done(before ? 200 : 201, document);
}

function throughPipelines(
	document: JsonObject | undefined,
	{ pipelines }: ModelledCluster,
	ids: readonly (string | undefined)[],
): JsonObject | undefined {
	return ids.reduce<JsonObject | undefined>((now, id) => {
		const pipeline = id === undefined ? undefined : pipelines.get(id);
		return now && pipeline ? pipeline.apply(now) : now;
	}, document);
}

/** A document after an update; undefined where there is none to be updated. */
function updated(
	before: JsonObject | undefined,
	{ index, update }: RandomItem,
	cluster: ModelledCluster,
): JsonObject | undefined {
	const { doc, upsert, asUpsert } = update;
	if (!before) {
		const inserted = asUpsert ? doc : upsert;
		return (
			inserted &&
			throughPipelines(inserted, cluster, [index.first, index.final])
		);
	}
	const merged = merge(before, doc);
	if (index.first === undefined || !("text" in doc)) return merged;
	const { text } = doc;
	return isNothing(text)
		? { ...merged, vector: null }
		: { ...merged, vector: { vectorOf: String(text) } satisfies VectorOf };
}

/** As OpenSearch merges a partial document: objects deep, everything else replaced. */
function merge(before: JsonObject, partial: JsonObject): JsonObject {
	const merged = { ...before };
	for (const [name, value] of Object.entries(partial)) {
		const old = merged[name];
		merged[name] = isObject(old) && isObject(value) ? merge(old, value) : value;
	}
	return merged;
}
