import {
	bulk,
	cat,
	embedding,
	embeddingIndex,
	type IngestTopic,
	puts,
	wine,
	written,
} from "./case.ts";

/** Batches, and vectors that are taken from the stored document. */
export const storedVectors: IngestTopic = {
	name: "stored vectors",
	cases: [
		written("batch_size", embedding({ batch_size: 4 }), { text: cat }),
		{
			name: "batch_size, a bulk",
			calls: [
				...embeddingIndex(embedding({ batch_size: 2 })),
				bulk(
					["1", "2", "3", "4", "5"].flatMap((_id) => [
						{ index: { _id } },
						{ text: `${cat} ${_id}` },
					]),
				),
			],
		},
		{
			name: "skip_existing",
			calls: [
				...embeddingIndex(embedding({ skip_existing: true })),
				...puts({ text: cat }),
				{ method: "PUT", path: "/<id>/_doc/1", body: { text: cat, more: 1 } },
				{ method: "PUT", path: "/<id>/_doc/1", body: { text: wine } },
			],
		},
		{
			name: "skip_existing takes the vector that is stored",
			calls: [
				...embeddingIndex(embedding({ skip_existing: true })),
				{
					method: "PUT",
					path: "/<id>/_doc/1?pipeline=_none",
					body: { text: cat, vector: [1, 2] },
				},
				{
					method: "PUT",
					path: "/<id>/_doc/2?pipeline=_none",
					body: { text: cat, vector: [1, 2] },
				},
				bulk([
					{ index: { _id: "1" } },
					{ text: cat, more: 1 },
					{ index: { _id: "2" } },
					{ text: wine },
					{ index: { _id: "3" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "skip_existing in an object and a list",
			calls: [
				...embeddingIndex(
					embedding({
						skip_existing: true,
						field_map: { list: "vectors", o: { text: "vector" } },
					}),
				),
				{
					method: "PUT",
					path: "/<id>/_doc/1?pipeline=_none",
					body: {
						list: [cat, wine],
						vectors: [{ knn: [1] }, { knn: [2] }],
						o: { text: cat, vector: [3] },
					},
				},
				{
					method: "PUT",
					path: "/<id>/_doc/2?pipeline=_none",
					body: {
						list: [cat, wine],
						vectors: [{ knn: [1] }, { knn: [2] }],
						o: { text: cat, vector: [3] },
					},
				},
				{
					method: "PUT",
					path: "/<id>/_doc/1",
					body: { list: [cat, wine], o: { text: cat } },
				},
				{
					method: "PUT",
					path: "/<id>/_doc/2",
					body: { list: [wine, cat], o: { text: wine } },
				},
			],
		},
	],
};
