import { isObject, type JsonObject } from "../../ingest/json.ts";

/*
 * What pipelines do to documents, by the rules of OpenSearch and neural-search and not by what is tested. A vector is
 * told by its text: nobody needs a model to say what a document should look like.
 */

/** Numbers from 0 on and below 1. */
export type Random = () => number;

/** In place of the vector of a text. */
export interface VectorOf {
	vectorOf: string;
}

export function isVectorOf(value: unknown): value is VectorOf {
	return isObject(value) && typeof value.vectorOf === "string";
}

/** What becomes of a document; undefined where it is refused. */
export type Apply = (document: JsonObject) => JsonObject | undefined;

/** A processor and what it does. */
interface Part {
	definition: object;
	apply: Apply;
}

export interface ModelledPipeline {
	definition: { processors: object[] };
	apply: Apply;
}

/** One that embeds the field `text` and does nothing else. */
export function simplePipeline(model_id: string): ModelledPipeline {
	return pipelineOf([embedText(model_id, {})]);
}

/** One with some of everything, and at least one embedding. */
export function randomPipeline(
	model_id: string,
	random: Random,
): ModelledPipeline {
	const some = (parts: readonly Part[]) => parts.filter(() => random() < 0.4);
	const options = {
		...(random() < 0.3 && { if: "ctx.skip != true" }),
		...(random() < 0.3 && { ignore_failure: true }),
	};
	return pipelineOf([
		...some([renameTitle, lowercaseText, setField("seen")]),
		embedText(model_id, options),
		...some([setField("between"), embedOthers(model_id)]),
		...some([setField("done"), removeTitle]),
	]);
}

function pipelineOf(parts: readonly Part[]): ModelledPipeline {
	return {
		definition: { processors: parts.map(({ definition }) => definition) },
		apply: (document) =>
			parts.reduce<JsonObject | undefined>(
				(now, { apply }) => now && apply(now),
				document,
			),
	};
}

const setField = (field: string): Part => ({
	definition: { set: { field, value: true } },
	apply: (document) => ({ ...document, [field]: true }),
});

const lowercaseText: Part = {
	definition: { lowercase: { field: "text", ignore_missing: true } },
	apply(document) {
		const { text } = document;
		if (text === undefined || text === null) return document;
		return typeof text === "string"
			? { ...document, text: text.toLowerCase() }
			: undefined;
	},
};

const renameTitle: Part = {
	definition: {
		rename: { field: "title", target_field: "text", ignore_missing: true },
	},
	apply({ title, ...document }) {
		if (title === undefined) return document;
		return "text" in document ? undefined : { ...document, text: title };
	},
};

const removeTitle: Part = {
	definition: { remove: { field: "title", ignore_missing: true } },
	apply: ({ title: _title, ...document }) => document,
};

function embedText(
	model_id: string,
	options: { if?: string; ignore_failure?: boolean },
): Part {
	return {
		definition: {
			text_embedding: { model_id, field_map: { text: "vector" }, ...options },
		},
		apply(document) {
			if (options.if && document.skip === true) return document;
			const { text } = document;
			if (isNothing(text)) return document;
			if (typeof text === "string")
				return { ...document, vector: { vectorOf: text } satisfies VectorOf };
			return options.ignore_failure ? document : undefined;
		},
	};
}

/** Of a list, and of an object's text beside it. */
function embedOthers(model_id: string): Part {
	return {
		definition: {
			text_embedding: { model_id, field_map: { list: "vectors", "o.t": "v" } },
		},
		apply(document) {
			const { list, o } = document;
			const result = { ...document };
			if (Array.isArray(list) && list.length > 0) {
				if (!list.every((text) => typeof text === "string")) return undefined;
				result.vectors = list.map((vectorOf: string) => ({
					knn: { vectorOf },
				}));
			}
			if (isObject(o) && !isNothing(o.t))
				result.o = { ...o, v: { vectorOf: String(o.t) } };
			return result;
		},
	};
}

export function isNothing(text: unknown): boolean {
	return (
		text === undefined ||
		text === null ||
		(typeof text === "string" && text.trim() === "")
	);
}
