import { type Call, bulk as lines } from "../ingest-cases/case.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * One call of a case. In its path and body `<books>` and other names of ./corpus.ts stand for what is there for all cases,
 * `<id>` for a name that the case has to itself.
 */
export interface SearchCall extends Call {
	/** Names that later calls have for values of this one's answer, and the values' paths. */
	takes?: Readonly<Record<string, string>>;
}

/** Calls of which the answers are compared. */
export interface SearchCase {
	/** Unique within its topic. */
	name: string;
	calls: readonly SearchCall[];
}

/** Cases of one kind. */
export interface SearchTopic {
	name: string;
	cases: readonly SearchCase[];
}

export interface SearchOptions {
	/** What is searched: `<books>` unless given. Nothing: no index is named. */
	on?: string;
	/** Parameters, with their question mark. */
	parameters?: string;
}

/** A search, of which hits come without their sources unless told otherwise. */
export function searching(
	body: Json,
	{ on = "<books>", parameters = "" }: SearchOptions = {},
): SearchCall {
	return {
		method: "POST",
		path: `${on && `/${on}`}/_search${parameters}`,
		body: { _source: false, ...body },
	};
}

/** A call whose body has numbers with a fraction of 0, which JavaScript writes without it: given as texts such as `1.0`. */
export function withFractions(call: SearchCall): SearchCall {
	const body = JSON.stringify(call.body).replace(/"(\d+\.0)"/g, "$1");
	return { ...call, body };
}

/** A case of one search. */
export function search(
	name: string,
	body: Json,
	options?: SearchOptions,
): SearchCase {
	return { name, calls: [searching(body, options)] };
}

/** Stores a search pipeline, named `<id>` and what is added to it. */
export function pipeline(definition: unknown, suffix = ""): SearchCall {
	return {
		method: "PUT",
		path: `/_search/pipeline/<id>${suffix}`,
		body: definition,
		prepares: true,
	};
}

/** A case of one search through a pipeline of its own. */
export function through(
	name: string,
	definition: Json,
	...searches: readonly Json[]
): SearchCase {
	return {
		name,
		calls: [
			pipeline(definition),
			...searches.map((body) =>
				searching(body, { parameters: "?search_pipeline=<id>" }),
			),
		],
	};
}

/** A case of one call that stores a pipeline, which is compared. */
export function defined(name: string, definition: unknown): SearchCase {
	return { name, calls: [{ ...pipeline(definition), prepares: false }] };
}

/** Several searches in one request: headers and bodies in turns. */
export function msearch(
	parts: readonly unknown[],
	path = "/_msearch",
): SearchCall {
	return lines(parts, path);
}

/** A `neural` query by `<dense>` on `vector`, for its three nearest unless told otherwise. */
export function neural(
	query_text: string,
	options: Json = {},
	field = "vector",
): Json {
	return {
		neural: {
			[field]: { query_text, model_id: "<dense>", k: 3, ...options },
		},
	};
}

/** A `neural_sparse` query by `<sparse>` on `weights`. */
export function sparse(query_text: string, options: Json = {}): Json {
	return {
		neural_sparse: {
			weights: { query_text, model_id: "<sparse>", ...options },
		},
	};
}

export function match(text: string, field = "text"): Json {
	return { match: { [field]: text } };
}

export function hybrid(
	queries: readonly unknown[],
	options: Json = {},
): { hybrid: Json } {
	return { hybrid: { queries, ...options } };
}

/** A case of these calls. */
export function called(
	name: string,
	...calls: readonly SearchCall[]
): SearchCase {
	return { name, calls };
}

export function post(path: string, body: unknown): SearchCall {
	return { method: "POST", path, body };
}
