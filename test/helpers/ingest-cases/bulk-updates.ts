import { bulk, cat, embeddedCat, type IngestTopic, wine } from "./case.ts";

/** The same in bulks. */
export const bulkUpdates: IngestTopic = {
	name: "updates in bulks",
	cases: [
		{
			name: "another field",
			calls: [
				...embeddedCat,
				bulk([{ update: { _id: "1" } }, { doc: { other: 2 } }]),
			],
		},
		{
			name: "of another text",
			calls: [
				...embeddedCat,
				bulk([{ update: { _id: "1" } }, { doc: { text: wine } }]),
			],
		},
		{
			name: "of what is not there",
			calls: [
				...embeddedCat,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { text: wine } },
					{ index: { _id: "3" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "upsert",
			calls: [
				...embeddedCat,
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
			name: "bad upsert",
			calls: [
				...embeddedCat,
				bulk([
					{ update: { _id: "2" } },
					{ doc: { other: 2 }, upsert: { text: 5 } },
				]),
			],
		},
		{
			name: "doc_as_upsert",
			calls: [
				...embeddedCat,
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
			name: "script",
			calls: [
				...embeddedCat,
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
			name: "with a pipeline",
			calls: [
				...embeddedCat,
				bulk([
					{ update: { _id: "1", pipeline: "<id>" } },
					{ doc: { text: wine } },
				]),
			],
		},
	],
};
