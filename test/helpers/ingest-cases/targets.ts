import {
	bulk,
	byDefault,
	cat,
	embedding,
	embeddingPipeline,
	type IngestTopic,
	index,
	pipeline,
	put,
	wine,
} from "./case.ts";

const other = pipeline(
	{ processors: [embedding({ field_map: { text: "other" } })] },
	"-other",
);
const marker = pipeline(
	{ processors: [{ set: { field: "text", value: cat } }] },
	"-marker",
);

/** Which pipelines a write goes through. */
export const targets: IngestTopic = {
	name: "targets",
	cases: [
		{
			name: "the default pipeline",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				put("1", { text: cat }),
			],
		},
		{
			name: "the request's pipeline",
			calls: [
				embeddingPipeline,
				index(),
				put("1", { text: cat }, "?pipeline=<id>"),
			],
		},
		{
			name: "the request's pipeline in place of the default one",
			calls: [
				embeddingPipeline,
				other,
				index({ settings: byDefault }),
				put("1", { text: cat }, "?pipeline=<id>-other"),
			],
		},
		{
			name: "_none",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				put("1", { text: cat }, "?pipeline=_none"),
			],
		},
		{
			name: "the final pipeline",
			calls: [
				embeddingPipeline,
				index({ settings: { final_pipeline: "<id>" } }),
				put("1", { text: cat }),
				put("2", { text: cat }, "?pipeline=_none"),
			],
		},
		{
			name: "both",
			calls: [
				embeddingPipeline,
				other,
				index({ settings: { ...byDefault, final_pipeline: "<id>-other" } }),
				put("1", { text: cat }),
				put("2", { text: 5 }),
				put("3", { text: cat }, "?pipeline=_none"),
			],
		},
		{
			name: "a default one that changes what the final one embeds",
			calls: [
				embeddingPipeline,
				marker,
				index({
					settings: { default_pipeline: "<id>-marker", final_pipeline: "<id>" },
				}),
				put("1", { text: wine }),
			],
		},
		{
			name: "a pipeline that is not there",
			calls: [
				embeddingPipeline,
				index(),
				put("1", { text: cat }, "?pipeline=<id>-none"),
				bulk([
					{ index: { _id: "2", pipeline: "<id>-none" } },
					{ text: cat },
					{ index: { _id: "3", pipeline: "<id>" } },
					{ text: cat },
				]),
			],
		},
		{
			name: "a default pipeline that is not there",
			calls: [
				embeddingPipeline,
				index({ settings: { default_pipeline: "<id>-none" } }),
				put("1", { text: cat }),
			],
		},
		{
			name: "the pipeline of an action line",
			calls: [
				embeddingPipeline,
				other,
				index({ settings: byDefault }),
				bulk([
					{ index: { _id: "1", pipeline: "<id>-other" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ text: wine },
					{ index: { _id: "3", pipeline: "_none" } },
					{ text: cat },
				]),
			],
		},
		{
			name: "the pipeline of a bulk",
			calls: [
				embeddingPipeline,
				other,
				index({ settings: byDefault }),
				bulk(
					[
						{ index: { _id: "1" } },
						{ text: cat },
						{ create: { _id: "2", pipeline: "<id>" } },
						{ text: wine },
					],
					"/<id>/_bulk?pipeline=<id>-other",
				),
			],
		},
		{
			name: "a bulk over several indices",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				index({ suffix: "-b" }),
				bulk(
					[
						{ index: { _index: "<id>", _id: "1" } },
						{ text: cat },
						{ index: { _index: "<id>-b", _id: "1" } },
						{ text: cat },
						{ index: { _id: "2" } },
						{ text: wine },
					],
					"/_bulk",
				),
			],
		},
		{
			name: "a bulk over several indices, a default in the path",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				index({ suffix: "-b" }),
				bulk([
					{ index: { _index: "<id>-b", _id: "1" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "an index name that is none",
			calls: [
				embeddingPipeline,
				{
					method: "PUT",
					path: "/<id>*/_doc/1?pipeline=<id>",
					body: { text: cat },
				},
			],
		},
	],
};
