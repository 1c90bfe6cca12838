import { InvalidDefinition, illegal } from "../invalid-definition.ts";
import { isObject, type JsonObject } from "../json.ts";
import {
	type ChunkingOptions,
	parseAlgorithm,
} from "../processors/chunking/algorithm-options.ts";
import type { Prune, PruneType } from "../processors/prune.ts";
import { checkedPrune, pruneTypes } from "../processors/prune-options.ts";

/** What a `semantic` field says of itself besides what its text's own type takes. */
export const semanticParameters: readonly string[] = [
	"model_id",
	"search_model_id",
	"raw_field_type",
	"semantic_info_field_name",
	"chunking",
	"semantic_field_search_analyzer",
	"dense_embedding_config",
	"sparse_encoding_config",
	"skip_existing_embedding",
];

/** The types that a field's text may be kept with. */
const rawTypes = [
	"text",
	"keyword",
	"token_count",
	"match_only_text",
	"binary",
	"wildcard",
];

const algorithms = ["fixed_token_length", "delimiter", "fixed_char_length"];

/** How sparse vectors of `semantic` fields are pruned that do not say how; neural-search's default. */
const defaultPrune: Prune = { type: "max_ratio", ratio: 0.1 };

/** What is the matter with a field before its model is looked for; empty where nothing is. */
export function namingProblems(path: string, options: JsonObject): string[] {
	const { model_id, semantic_info_field_name: info } = options;
	const at = `for the semantic field at ${path}`;
	const problems: string[] = [];
	if (model_id === undefined || model_id === null)
		problems.push(`model_id is required ${at}`);
	else if (typeof model_id !== "string" || model_id === "")
		problems.push(`model_id should be a non-empty string ${at}`);
	if (info === undefined || info === null) return problems;
	if (typeof info !== "string")
		problems.push(`semantic_info_field_name should be a string ${at}`);
	else if (info === "")
		problems.push(`semantic_info_field_name cannot be an empty string ${at}`);
	else if (info.includes("."))
		problems.push(`semantic_info_field_name should not contain '.' ${at}`);
	return problems;
}

/**
 * Checks what is no matter of the field's model, as neural-search's mapper does.
 *
 * @param name the field's, within its object
 * @throws InvalidDefinition
 */
export function checkOptions(name: string, options: JsonObject): void {
	const raw = options.raw_field_type ?? "text";
	if (!rawTypes.includes(String(raw)))
		throw illegal(
			`raw_field_type ${raw} is not supported. It should be one of [${rawTypes.join(", ")}]`,
		);
	for (const key of ["search_model_id", "semantic_field_search_analyzer"]) {
		const value = options[key] ?? undefined;
		if (value === "")
			throw illegal(`${key} can not be empty string in semantic field ${name}`);
		if (value !== undefined && typeof value !== "string")
			throw illegal(`${key} must be a string in semantic field ${name}`);
	}
	if (
		(options.search_model_id ?? undefined) !== undefined &&
		(options.semantic_field_search_analyzer ?? undefined) !== undefined
	)
		throw illegal(
			`search_model_id can not coexist with semantic_field_search_analyzer in semantic field ${name}`,
		);
	chunkingOf(options, name);
	pruneOf(options, name);
	skipsExisting(options);
}

/** The cuts that a field's texts go through; undefined where they are embedded as they are. @throws InvalidDefinition */
export function chunkingOf(
	{ chunking = false }: JsonObject,
	name = "",
): ChunkingOptions[] | undefined {
	if (chunking === false || chunking === null) return undefined;
	if (chunking === true) return [parseAlgorithm({})];
	if (!Array.isArray(chunking)) throw notChunking(name);
	return chunking.length === 0
		? [parseAlgorithm({})]
		: chunking.map((cut) => parseAlgorithm(algorithmOf(cut, name)));
}

/** One of a field's cuts, as `text_chunking` writes it. @throws InvalidDefinition */
export function algorithmOf(cut: unknown, name: string): JsonObject {
	if (!isObject(cut)) throw notChunking(name);
	const { algorithm, parameters = {}, ...others } = cut;
	if (algorithm === undefined)
		throw mapping(
			"[algorithm] is required to configure the chunking strategy.",
		);
	if (!algorithms.includes(String(algorithm)))
		throw mapping(`[algorithm] must be [${algorithms.join(", ")}]`);
	if (Object.keys(others).length > 0)
		throw mapping(
			`[chunking] does not support parameters [[${Object.keys(others).join(", ")}]]`,
		);
	return { [String(algorithm)]: parameters };
}

/** How a field's sparse vectors are pruned. @throws InvalidDefinition */
export function pruneOf(
	{ sparse_encoding_config: config }: JsonObject,
	name = "",
): Prune {
	if (config === undefined || config === null) return defaultPrune;
	if (!isObject(config))
		throw mapping(`[${name}] sparse_encoding_config must be a Map`);
	const { prune_type: type, prune_ratio: ratio, ...others } = config;
	if (Object.keys(others).length > 0)
		throw mapping(
			`Unsupported parameters ${Object.keys(others).join(",")} in ${name}`,
		);
	const known = pruneTypes.find((one) => one === type);
	if (type !== undefined && known === undefined)
		throw mapping(
			`Invalid [prune_type]. Valid values are [${pruneTypes.join(",")}].`,
		);
	if (known === undefined || known === "none") {
		if (ratio !== undefined)
			throw mapping(
				"prune_ratio should not be defined when prune_type is none or null",
			);
		return known === undefined ? defaultPrune : { type: "none", ratio: 0 };
	}
	return prunedBy(known, ratio);
}

function prunedBy(type: PruneType, ratio: unknown): Prune {
	if (ratio === undefined)
		throw mapping(
			"prune_ratio is required when prune_type is defined and not none",
		);
	if (typeof ratio !== "number")
		throw mapping("[prune_ratio] must be a number");
	try {
		return checkedPrune(type, ratio);
	} catch (error) {
		if (error instanceof InvalidDefinition) throw mapping(error.message);
		throw error;
	}
}

/** Whether a text keeps the vector that the stored document has for it. @throws InvalidDefinition */
export function skipsExisting({
	skip_existing_embedding: value = false,
}: JsonObject): boolean {
	if (value === true || value === "true") return true;
	if (value === false || value === "false") return false;
	throw illegal(
		`Failed to parse value [${value}] as only [true] or [false] are allowed.`,
	);
}

function notChunking(name: string): InvalidDefinition {
	return mapping(`[${name}] must be either a List of Maps or a Boolean`);
}

function mapping(reason: string): InvalidDefinition {
	return new InvalidDefinition("mapper_parsing_exception", reason);
}
