import {
	bulk,
	byDefault,
	cat,
	embeddingPipeline,
	type IngestTopic,
	index,
	put,
	wine,
} from "./case.ts";

/** Parameters of writes of one document. */
export const writeOptions: IngestTopic = {
	name: "parameters",
	cases: [
		{
			name: "_create",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				{ method: "PUT", path: "/<id>/_create/1", body: { text: cat } },
				{ method: "POST", path: "/<id>/_create/1", body: { text: wine } },
				{
					method: "PUT",
					path: "/<id>/_doc/1?op_type=create",
					body: { text: wine },
				},
			],
		},
		{
			name: "an id that is made",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				{ method: "POST", path: "/<id>/_doc", body: { text: cat } },
			],
		},
		{
			name: "routing",
			calls: [
				embeddingPipeline,
				index({ settings: { ...byDefault, number_of_shards: 2 } }),
				put("1", { text: cat }, "?routing=a"),
				bulk([{ index: { _id: "2", routing: "b" } }, { text: wine }]),
			],
		},
		{
			name: "versions",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				put("1", { text: cat }, "?version=5&version_type=external"),
				put("1", { text: wine }, "?version=4&version_type=external"),
				put("1", { text: wine }, "?version=6&version_type=external"),
			],
		},
		{
			name: "if_seq_no",
			calls: [
				embeddingPipeline,
				index({ settings: byDefault }),
				put("1", { text: cat }),
				put("1", { text: wine }, "?if_seq_no=0&if_primary_term=1"),
				put("1", { text: cat }, "?if_seq_no=0&if_primary_term=1"),
			],
		},
	],
};
