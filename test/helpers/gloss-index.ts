import { inject } from "vitest";
import { uniqueName } from "./opensearch.ts";
import {
	type Answer,
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "./sidecar.ts";

/** What is meant by some words: each is the best answer to a question about it. */
export const glosses = {
	plumber: "a craftsman who installs and repairs pipes and fixtures",
	cat: "feline mammal usually having thick soft fur and no ability to roar",
	violin: "bowed stringed instrument that is the highest member of its family",
	glacier: "a slowly moving mass of ice",
};

/** An index of glosses with their vectors, behind a sidecar of its own. */
export interface GlossIndex {
	sidecar: TestSidecar;
	model: string;
	index: string;
	/** A `neural` query. */
	neural(text: string, options?: object): object;
	close(): Promise<void>;
}

/** Indexes the glosses in `gloss`, their vectors in `vector`, and a field that is called `neural`. */
export async function startGlossIndex(
	settings: Parameters<typeof startSidecar>[0] = {},
): Promise<GlossIndex> {
	const sidecar = await startSidecar(settings);
	const model = await deployMiniLm(sidecar, inject("minilm").int8);
	const pipeline = uniqueName("pipeline");
	await must(sidecar, "PUT", `/_ingest/pipeline/${pipeline}`, {
		processors: [
			{ text_embedding: { model_id: model, field_map: { gloss: "vector" } } },
		],
	});
	const index = uniqueName("index");
	await must(sidecar, "PUT", `/${index}`, {
		settings: { "index.knn": true, number_of_shards: 1 },
		mappings: {
			properties: {
				gloss: { type: "text" },
				neural: { type: "keyword" },
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
				},
			},
		},
	});
	const lines = Object.entries(glosses)
		.flatMap(([_id, gloss]) => [
			{ index: { _id, pipeline } },
			{ gloss, neural: _id },
		])
		.map((line) => `${JSON.stringify(line)}\n`);
	const path = `/${index}/_bulk?refresh=true`;
	await must(sidecar, "POST", path, lines.join(""));
	return {
		sidecar,
		model,
		index,
		neural: (query_text, options = { k: 1 }) => ({
			neural: { vector: { query_text, model_id: model, ...options } },
		}),
		async close() {
			await sidecar.call("DELETE", `/${index}`);
			await sidecar.call("DELETE", `/_ingest/pipeline/${pipeline}`);
			await removeModel(sidecar, model);
			await sidecar.close();
		},
	};
}

async function must(
	sidecar: TestSidecar,
	...call: Parameters<TestSidecar["call"]>
): Promise<Answer> {
	const answer = await sidecar.call(...call);
	if (answer.status >= 300)
		throw new Error(`${call[0]} ${call[1]}: ${answer.text}`);
	return answer;
}

/** The ids of an answer's hits, or of one of several answers in it. */
export function idsIn(answer: unknown): string[] {
	const hits = field(field(answer, "hits"), "hits");
	if (!Array.isArray(hits))
		throw new Error(`no hits in ${JSON.stringify(answer)}`);
	return hits.map((hit) => String(field(hit, "_id")));
}

/** A member of an object; undefined where it is none, or has no such member. */
export function field(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null
		? Reflect.get(value, name)
		: undefined;
}
