import {
	bulk,
	byDefault,
	type Call,
	cat,
	embeddingPipeline,
	type IngestTopic,
	index,
	oneShard,
	put,
	wine,
} from "./case.ts";

function template(body: object): Call {
	return { method: "PUT", path: "/_index_template/<id>", body, prepares: true };
}

/** Names of what is written to: aliases, data streams, indices that are not there yet. */
export const targetNames: IngestTopic = {
	name: "names",
	cases: [
		{
			name: "an alias",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault, aliases: { "<id>-alias": {} } }),
				{ method: "PUT", path: "/<id>-alias/_doc/1", body: { text: cat } },
				bulk(
					[{ index: { _id: "2" } }, { text: wine }],
					"/<id>-alias/_bulk?require_alias=true",
				),
			],
		},
		{
			name: "an alias with a write index",
			calls: [
				embeddingPipeline,
				index({
					settings: byDefault,
					aliases: { "<id>-alias": { is_write_index: true } },
				}),
				index({
					suffix: "-b",
					aliases: { "<id>-alias": { is_write_index: false } },
				}),
				{ method: "PUT", path: "/<id>-alias/_doc/1", body: { text: cat } },
			],
		},
		{
			name: "an alias without a write index",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault, aliases: { "<id>-alias": {} } }),
				index({ suffix: "-b", aliases: { "<id>-alias": {} } }),
				{ method: "PUT", path: "/<id>-alias/_doc/1", body: { text: cat } },
				bulk([{ index: { _id: "2" } }, { text: wine }], "/<id>-alias/_bulk"),
			],
		},
		{
			name: "an alias that is wanted and is none",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				put("1", { text: cat }, "?require_alias=true"),
				bulk([
					{ index: { _id: "2", require_alias: true } },
					{ text: wine },
					{ index: { _id: "3" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "an index that is not there",
			calls: [
				embeddingPipeline,
				{
					method: "PUT",
					path: "/<id>-new/_doc/1?pipeline=<id>",
					body: { text: cat },
				},
			],
		},
		{
			name: "the template of an index that is not there",
			calls: [
				embeddingPipeline,
				template({
					index_patterns: ["<id>-t*"],
					template: { settings: { ...oneShard, ...byDefault } },
				}),
				{ method: "PUT", path: "/<id>-t1/_doc/1", body: { text: cat } },
				bulk(
					[{ index: { _index: "<id>-t2", _id: "1" } }, { text: wine }],
					"/_bulk",
				),
			],
		},
		{
			name: "the component templates of an index that is not there",
			calls: [
				embeddingPipeline,
				{
					method: "PUT",
					path: "/_component_template/<id>-c",
					body: { template: { settings: byDefault } },
					prepares: true,
				},
				template({
					index_patterns: ["<id>-t*"],
					composed_of: ["<id>-c"],
					template: { settings: oneShard },
				}),
				{ method: "PUT", path: "/<id>-t1/_doc/1", body: { text: cat } },
			],
		},
		{
			name: "the legacy template of an index that is not there",
			calls: [
				embeddingPipeline,
				{
					method: "PUT",
					path: "/_template/<id>",
					body: {
						index_patterns: ["<id>-t*"],
						settings: { ...oneShard, ...byDefault },
					},
					prepares: true,
				},
				{ method: "PUT", path: "/<id>-t1/_doc/1", body: { text: cat } },
			],
		},
		{
			name: "a data stream",
			calls: [
				embeddingPipeline,
				template({
					index_patterns: ["<id>-stream"],
					data_stream: {},
					template: { settings: { ...oneShard, ...byDefault } },
				}),
				bulk(
					[{ create: {} }, { "@timestamp": "2026-01-01T00:00:00Z", text: cat }],
					"/<id>-stream/_bulk",
				),
				bulk(
					[
						{ index: { _id: "2" } },
						{ "@timestamp": "2026-01-01T00:00:00Z", text: wine },
					],
					"/<id>-stream/_bulk",
				),
				{
					method: "POST",
					path: "/<id>-stream/_doc",
					body: { "@timestamp": "2026-01-02T00:00:00Z", text: wine },
				},
			],
		},
		{
			name: "date math",
			calls: [
				embeddingPipeline,
				template({
					index_patterns: ["<id>-t*"],
					template: { settings: { ...oneShard, ...byDefault } },
				}),
				{
					method: "PUT",
					path: "/%3C<id>-t-%7Bnow%2Fy%7Byyyy%7D%7D%3E/_doc/1",
					body: { text: cat },
				},
			],
		},
	],
};
