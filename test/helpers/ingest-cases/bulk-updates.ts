import {
	bulk,
	embedding,
	embeddingIndex,
	type IngestTopic,
	put,
} from "./case.ts";

const cat = "a small cat";
const wine = "red wine";
const own = [...embeddingIndex(embedding()), put("1", { text: cat, other: 1 })];

/** The same in bulks. */
export const bulkUpdates: IngestTopic = {
	name: "updates in bulks",
	cases: [
		{
			name: "another field",
			calls: [...own, bulk([{ update: { _id: "1" } }, { doc: { other: 2 } }])],
		},
		{
			name: "a bulk's of another text",
			calls: [
				...own,
				bulk([{ update: { _id: "1" } }, { doc: { text: wine } }]),
			],
		},
		{
			name: "a bulk's of what is not there",
			calls: [
				...own,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { text: wine } },
					{ index: { _id: "3" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "a bulk's upsert",
			calls: [
				...own,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { other: 2 }, upsert: { text: wine } },
				]),
				bulk([
					{ update: { _id: "2" } },
					{ doc: { other: 2 }, upsert: { text: wine } },
				]),
			],
		},
		{
			name: "a bulk's bad upsert",
			calls: [
				...own,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { other: 2 }, upsert: { text: 5 } },
				]),
			],
		},
		{
			name: "a bulk's doc_as_upsert",
			calls: [
				...own,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { text: wine }, doc_as_upsert: true },
				]),
				bulk([
					{ update: { _id: "2" } },
					{ doc: { text: cat }, doc_as_upsert: true },
				]),
			],
		},
		{
			name: "a bulk's script",
			calls: [
				...own,
				bulk([
					{ update: { _id: "1" } },
					{ script: { source: "ctx._source.other = 7" } },
					{ update: { _id: "2" } },
					{
						script: { source: "ctx._source.other = 7" },
						upsert: { text: wine },
					},
				]),
			],
		},
		{
			name: "a bulk's with a pipeline",
			calls: [
				...own,
				bulk([
					{ update: { _id: "1", pipeline: "<id>" } },
					{ doc: { text: wine } },
				]),
			],
		},
	],
};
