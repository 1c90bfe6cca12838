import { isObject, type JsonObject } from "../json.ts";
import { chunkingOf } from "./semantic-options.ts";

/** What a mapping's `_meta` keeps of a `semantic` field. */
export interface SemanticRecord {
	/** What the client wrote, without what the text's own type takes. */
	readonly options: JsonObject;
	/** The model as documents name it: as it was when the field was mapped. */
	readonly model: {
		readonly id: string;
		readonly name: string;
		readonly type: string;
	};
}

/** Fields by their full names. */
export type SemanticRecords = ReadonlyMap<string, SemanticRecord>;

/** A `semantic` field, as a query finds it. */
export interface SemanticField {
	readonly kind: "dense" | "sparse";
	/** The model of query texts. */
	readonly searchModelId: string;
	/** The analyzer that makes a query's tokens where no model is to. */
	readonly analyzer: string | undefined;
	/** Where the vectors are. */
	readonly vectorField: string;
	/** The nested objects that the vectors are in, where each chunk of a text has its own. */
	readonly nestedPath: string | undefined;
}

/** The members of `_meta` under which the records are. */
export const metaKey = "ml_sidecar";
export const recordsKey = "semantic";

/** The name of what stands beside a field, within their object. */
export function infoName(name: string, options: JsonObject): string {
	const given = options.semantic_info_field_name;
	const [own = name, ...objects] = name.split(".").reverse();
	const info = typeof given === "string" ? given : `${own}_semantic_info`;
	return [info, ...objects].reverse().join(".");
}

export function semanticField(
	path: string,
	{ options, model }: SemanticRecord,
): SemanticField {
	const info = infoName(path, options);
	const { search_model_id, semantic_field_search_analyzer } = options;
	const nestedPath = chunkingOf(options) ? `${info}.chunks` : undefined;
	return {
		kind: model.type === "TEXT_EMBEDDING" ? "dense" : "sparse",
		searchModelId: textOr(search_model_id, model.id),
		analyzer: textOr(semantic_field_search_analyzer, undefined),
		vectorField: `${nestedPath ?? info}.embedding`,
		nestedPath,
	};
}

/** The records in a mapping's `_meta`; whatever does not read as one is none: anyone may write there. */
export function readRecords(meta: unknown): Map<string, SemanticRecord> {
	const own = isObject(meta) ? meta[metaKey] : undefined;
	const records = isObject(own) ? own[recordsKey] : undefined;
	return new Map(
		Object.entries(isObject(records) ? records : {}).flatMap(
			([path, record]): [string, SemanticRecord][] => {
				const read = readRecord(record);
				return read ? [[path, read]] : [];
			},
		),
	);
}

function readRecord(record: unknown): SemanticRecord | undefined {
	if (!isObject(record) || !isObject(record.options)) return undefined;
	const { id, name, type } = isObject(record.model) ? record.model : {};
	return typeof id === "string" &&
		typeof name === "string" &&
		typeof type === "string"
		? { options: record.options, model: { id, name, type } }
		: undefined;
}

function textOr<T>(value: unknown, otherwise: T): string | T {
	return typeof value === "string" ? value : otherwise;
}
