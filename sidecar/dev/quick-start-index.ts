import { Type } from "typebox";
import { Check } from "typebox/value";
import { SidecarError } from "../errors.ts";
import type { SidecarClient } from "./sidecar-client.ts";

/** The name of the quick start's index, and of its pipeline. */
export const quickStartName = "quick-start";

/** What the index's mapping says, in `_meta.quick_start`, about how the index was made. */
const QuickStartMeta = Type.Object({
	model_id: Type.String({ minLength: 1 }),
	model_name: Type.String(),
	model_sha256: Type.String(),
	documents: Type.Integer({ minimum: 1 }),
});
export type QuickStartMeta = Type.Static<typeof QuickStartMeta>;

/**
 * The id of the model that the quick start's pipeline names, or undefined if there is no such pipeline.
 *
 * @throws SidecarError `conflict` if a pipeline of that name is somebody else's.
 */
export async function pipelineModel(
	client: SidecarClient,
): Promise<string | undefined> {
	const { status, body } = await client.call({
		method: "GET",
		path: `/_ingest/pipeline/${quickStartName}`,
		expect: [404],
	});
	if (status === 404) return undefined;
	const shape = Type.Object({
		[quickStartName]: Type.Object({
			processors: Type.Tuple([
				Type.Object({
					text_embedding: Type.Object({
						model_id: Type.String({ minLength: 1 }),
						field_map: Type.Object({ gloss: Type.String() }),
					}),
				}),
			]),
		}),
	});
	if (Check(shape, body)) {
		return body[quickStartName].processors[0].text_embedding.model_id;
	}
	throw new SidecarError(
		"conflict",
		`there is an ingest pipeline "${quickStartName}" that is not the quick start's; delete it to go on`,
	);
}

/** Stores the pipeline that embeds a document's gloss while it is indexed. */
export async function putPipeline(
	client: SidecarClient,
	modelId: string,
): Promise<void> {
	await client.call({
		method: "PUT",
		path: `/_ingest/pipeline/${quickStartName}`,
		json: {
			description: "Quick start: a vector for every gloss",
			processors: [
				{
					text_embedding: {
						model_id: modelId,
						field_map: { gloss: "gloss_embedding" },
					},
				},
			],
		},
	});
}

/**
 * How the quick start's index was made, or undefined if there is no such index.
 *
 * @throws SidecarError `conflict` if an index of that name is somebody else's.
 */
export async function readMeta(
	client: SidecarClient,
): Promise<QuickStartMeta | undefined> {
	const { status, body } = await client.call({
		method: "GET",
		path: `/${quickStartName}/_mapping`,
		expect: [404],
	});
	if (status === 404) return undefined;
	const shape = Type.Object({
		[quickStartName]: Type.Object({
			mappings: Type.Object({
				_meta: Type.Object({ quick_start: QuickStartMeta }),
			}),
		}),
	});
	if (Check(shape, body)) {
		return body[quickStartName].mappings._meta.quick_start;
	}
	throw new SidecarError(
		"conflict",
		`there is an index "${quickStartName}" that is not the quick start's; delete it to go on`,
	);
}

/**
 * Creates the index, or makes the one that is there name this model. An index with another model's vectors is
 * made anew: vectors of two models cannot be compared.
 */
export async function putIndex(
	client: SidecarClient,
	{ meta, dimension }: { meta: QuickStartMeta; dimension: number },
): Promise<void> {
	const path = `/${quickStartName}`;
	const there = await readMeta(client);
	const _meta = { quick_start: meta };
	if (there?.model_sha256 === meta.model_sha256) {
		if (there.model_id === meta.model_id) return;
		await client.call({
			method: "PUT",
			path: `${path}/_mapping`,
			json: { _meta },
		});
		return;
	}
	if (there) await client.call({ method: "DELETE", path });
	await client.call({
		method: "PUT",
		path,
		json: {
			settings: {
				index: {
					knn: true,
					default_pipeline: quickStartName,
					number_of_shards: 1,
					number_of_replicas: 0,
				},
			},
			mappings: {
				_meta,
				properties: {
					lemma: {
						type: "text",
						fields: { keyword: { type: "keyword" } },
					},
					synonyms: { type: "text" },
					gloss: { type: "text" },
					gloss_embedding: {
						type: "knn_vector",
						dimension,
						method: {
							name: "hnsw",
							engine: "lucene",
							space_type: "cosinesimil",
						},
					},
				},
			},
		},
	});
}
