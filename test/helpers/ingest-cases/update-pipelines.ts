import {
	byDefault,
	cat,
	embeddedCat,
	embedding,
	embeddingIndex,
	type IngestTopic,
	index,
	oneShard,
	pipeline,
	put,
	update,
	wine,
} from "./case.ts";

const failed = { set: { field: "failed", value: true } };

/** Changes of documents whose pipelines are more than one processor, and their parameters. */
export const updatePipelines: IngestTopic = {
	name: "pipelines of updates",
	cases: [
		{
			name: "a condition",
			calls: [
				...embeddingIndex(embedding({ if: "ctx.yes == true" })),
				put("1", { text: cat }),
				update({ doc: { text: wine } }),
				update({ doc: { yes: true } }),
				update({ doc: { text: cat } }),
			],
		},
		{
			name: "a call of another",
			calls: [
				pipeline({ processors: [embedding()] }, "-inner"),
				pipeline({ processors: [{ pipeline: { name: "<id>-inner" } }] }),
				index({ settings: byDefault }),
				put("1", { text: cat }),
				update({ doc: { text: wine } }),
				update({ doc: { text: 5 } }),
			],
		},
		{
			name: "on_failure",
			calls: [
				...embeddingIndex(embedding({ on_failure: [failed] })),
				put("1", { text: cat }),
				update({ doc: { text: 5 } }),
			],
		},
		{
			name: "chunks and their vectors",
			calls: [
				...embeddingIndex(
					{
						text_chunking: {
							algorithm: { delimiter: { delimiter: "," } },
							field_map: { text: "chunks" },
						},
					},
					embedding({ field_map: { chunks: "vectors" } }),
				),
				put("1", { text: "running shoes" }),
				update({ doc: { text: "red wine,running shoes" } }),
				update({ doc: { other: 1 } }),
			],
		},
		{
			name: "a default and a final one",
			calls: [
				pipeline({ processors: [embedding()] }),
				pipeline(
					{ processors: [embedding({ field_map: { text: "last" } })] },
					"-final",
				),
				index({ settings: { ...byDefault, final_pipeline: "<id>-final" } }),
				put("1", { text: cat }),
				update({ doc: { text: wine } }),
			],
		},
		{
			name: "an alias",
			calls: [
				pipeline({ processors: [embedding()] }),
				index({ settings: byDefault, aliases: { "<id>-alias": {} } }),
				put("1", { text: cat }),
				{
					method: "POST",
					path: "/<id>-alias/_update/1?require_alias=true",
					body: { doc: { text: wine } },
				},
				update({ doc: { text: wine } }, "1", "?require_alias=true"),
			],
		},
		{
			name: "an upsert into an index that is not there",
			calls: [
				pipeline({ processors: [embedding()] }),
				{
					method: "PUT",
					path: "/_index_template/<id>",
					body: {
						index_patterns: ["<id>-t*"],
						template: { settings: { ...oneShard, ...byDefault } },
					},
					prepares: true,
				},
				{
					method: "POST",
					path: "/<id>-t1/_update/1",
					body: { doc: { text: wine }, doc_as_upsert: true },
				},
			],
		},
		{
			name: "routing and refresh",
			calls: [
				...embeddingIndex(embedding()),
				put("1", { text: cat }, "?routing=a"),
				update({ doc: { text: wine } }, "1", "?routing=a&refresh=true"),
			],
		},
		{
			name: "retry_on_conflict",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine } }, "1", "?retry_on_conflict=3"),
			],
		},
		{
			name: "a pipeline that the request names",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine } }, "1", "?pipeline=<id>"),
			],
		},
		{
			name: "a stored script",
			calls: [...embeddedCat, update({ script: { id: "<id>-none" } })],
		},
		{
			name: "a script that does not compile, and one that fails",
			calls: [
				...embeddedCat,
				update({ script: { source: "ctx." } }),
				update({
					script: { source: "throw new IllegalArgumentException('no')" },
				}),
			],
		},
	],
};
