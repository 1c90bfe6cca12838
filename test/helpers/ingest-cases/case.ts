/**
 * One call of a case. In its path and body `<id>` stands for a name that the case has to itself in its run, `<dense>`,
 * `<tiny>` and `<sparse>` for ids of models.
 */
export interface Call {
	method: "GET" | "POST" | "PUT" | "DELETE";
	path: string;
	/** Sent as JSON; a text as it is. */
	body?: unknown;
	/** `application/json` unless given. */
	type?: string;
	/** Only leads up to the calls after it: has to succeed, and is not compared. */
	prepares?: boolean;
}

/** Writes, of which the answers are compared and what they leave in the indices whose names begin with `<id>`. */
export interface IngestCase {
	/** Unique within its topic. */
	name: string;
	calls: readonly Call[];
}

/** Cases of one kind. */
export interface IngestTopic {
	name: string;
	cases: readonly IngestCase[];
}

type Json = Readonly<Record<string, unknown>>;

/** Texts that most cases are about. */
export const cat = "a small cat";
export const wine = "red wine";

/** A `text_embedding` processor, from `text` to `vector` unless told otherwise. */
export function embedding(options: Json = {}): Json {
	return {
		text_embedding: {
			model_id: "<dense>",
			field_map: { text: "vector" },
			...options,
		},
	};
}

/** A `set` processor. */
export function set(field: string, value: unknown, options: Json = {}): Json {
	return { set: { field, value, ...options } };
}

/** Stores a pipeline, named `<id>` and what is added to it. */
export function pipeline(definition: unknown, suffix = ""): Call {
	return {
		method: "PUT",
		path: `/_ingest/pipeline/<id>${suffix}`,
		body: definition,
		prepares: true,
	};
}

/** The pipeline of most cases, which embeds `text` and does nothing else. */
export const embeddingPipeline = pipeline({ processors: [embedding()] });

export interface IndexOptions {
	/** Added to `<id>`. */
	suffix?: string;
	settings?: Json;
	/** Without them nothing is mapped but what is stored. */
	mappings?: Json;
	aliases?: Json;
}

/** Makes an index, named `<id>` and what is added to it. */
export function index({
	suffix = "",
	settings = {},
	mappings = { dynamic: false },
	...rest
}: IndexOptions = {}): Call {
	return {
		method: "PUT",
		path: `/<id>${suffix}`,
		body: { settings: { ...oneShard, ...settings }, mappings, ...rest },
		prepares: true,
	};
}

/** Settings of an index that is made quickly. */
export const oneShard = { number_of_shards: 1, number_of_replicas: 0 };

/** The settings of an index whose default pipeline is named `<id>`. */
export const byDefault = { default_pipeline: "<id>" };

/** Makes a pipeline of these processors and an index whose default pipeline it is. */
export function embeddingIndex(...processors: unknown[]): Call[] {
	return [pipeline({ processors }), index({ settings: byDefault })];
}

/** Lines of a bulk: objects as JSON, texts as they are. */
export function bulk(
	lines: readonly unknown[],
	path = "/<id>/_bulk",
	type = "application/x-ndjson",
): Call {
	const body = lines
		.map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
		.map((line) => `${line}\n`)
		.join("");
	return { method: "POST", path, body, type };
}

/** Writes a document by itself. */
export function put(id: string, source: unknown, query = ""): Call {
	return { method: "PUT", path: `/<id>/_doc/${id}${query}`, body: source };
}

/** Writes documents one after the other, so that none is in a group with another; their ids are 1, 2 and so on. */
export function puts(...sources: unknown[]): Call[] {
	return sources.map((source, position) => put(`${position + 1}`, source));
}

/** Changes a document by itself. */
export function update(body: object, id = "1", query = ""): Call {
	return { method: "POST", path: `/<id>/_update/${id}${query}`, body };
}

/** An index that embeds, with a document in it. */
export const embeddedCat: readonly Call[] = [
	...embeddingIndex(embedding()),
	put("1", { text: cat, other: 1 }),
];

/** A case whose documents go through a pipeline of these processors, one by one. */
export function written(
	name: string,
	processors: unknown,
	...sources: unknown[]
): IngestCase {
	const list = Array.isArray(processors) ? processors : [processors];
	return { name, calls: [...embeddingIndex(...list), ...puts(...sources)] };
}

/** A case of one call that stores a pipeline, which is compared. */
export function defined(name: string, definition: unknown): IngestCase {
	return { name, calls: [{ ...pipeline(definition), prepares: false }] };
}
