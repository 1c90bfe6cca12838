import { type InvalidDefinition, illegal } from "../../invalid-definition.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { javaDouble, javaInteger } from "../definition-options.ts";
import type { ChunkingAlgorithm } from "./algorithm.ts";

/** How texts are cut, and into how many chunks. */
export interface ChunkingOptions {
	readonly algorithm: ChunkingAlgorithm;
	/** Chunks of one document at most; undefined where there is no limit. */
	readonly maxChunkLimit: number | undefined;
}

const algorithms = ["fixed_token_length", "delimiter", "fixed_char_length"];

/** Those of OpenSearch's tokenizers that neural-search takes: the others need options, or make no words. */
const tokenizers = [
	"standard",
	"letter",
	"lowercase",
	"whitespace",
	"uax_url_email",
	"classic",
	"thai",
];

/** As a client writes that there is no limit. */
const noLimit = -1;

/**
 * A `text_chunking` processor's `algorithm`, checked as neural-search checks it. Parameters that an algorithm does not
 * have are passed over, as they are there.
 *
 * @throws InvalidDefinition
 */
export function parseAlgorithm(value: JsonObject): ChunkingOptions {
	const [[name, values] = ["fixed_token_length", {}], ...others] =
		Object.entries(value);
	if (others.length > 0)
		throw illegal(
			"Unable to create text_chunking processor as [algorithm] contains multiple algorithms",
		);
	if (!isObject(values))
		throw illegal(
			`Unable to create text_chunking processor as parameters for [${name}] algorithm must be an object`,
		);
	if (!algorithms.includes(name))
		throw illegal(
			`Chunking algorithm [${name}] is not supported. Supported chunking algorithms are [${algorithms.join(", ")}]`,
		);
	const maxChunkLimit = readLimit(values);
	return { algorithm: readAlgorithm(name, values), maxChunkLimit };
}

function readLimit(values: JsonObject): number | undefined {
	const limit = integer(values, "max_chunk_limit", 100);
	if (limit <= 0 && limit !== noLimit)
		throw illegal(
			`Parameter [max_chunk_limit] must be positive or ${noLimit} to disable this parameter`,
		);
	return limit === noLimit ? undefined : limit;
}

function readAlgorithm(name: string, values: JsonObject): ChunkingAlgorithm {
	switch (name) {
		case "delimiter":
			return { name, delimiter: text(values, "delimiter", "\n\n") };
		case "fixed_char_length":
			return {
				name,
				charLimit: positive(values, "char_limit", 2_048),
				overlapRate: overlapRate(values, (rate) => `, but was ${rate}`),
			};
		default:
			return {
				name: "fixed_token_length",
				tokenLimit: positive(values, "token_limit", 384),
				overlapRate: overlapRate(values, () => ""),
				tokenizer: tokenizer(values),
			};
	}
}

function tokenizer(values: JsonObject): string {
	const name = text(values, "tokenizer", "standard");
	if (tokenizers.includes(name)) return name;
	throw illegal(
		`Tokenizer [${name}] is not supported for [fixed_token_length] algorithm. Supported tokenizers are [${tokenizers.join(", ")}]`,
	);
}

function overlapRate(
	values: JsonObject,
	addition: (rate: number) => string,
): number {
	const name = "overlap_rate";
	const rate = Object.hasOwn(values, name) ? javaDouble(values[name]) : 0;
	if (rate === undefined) throw wrongType(name, "Double");
	if (rate < 0 || rate > 0.5)
		throw illegal(
			`Parameter [${name}] must be between 0.0 and 0.5${addition(rate)}`,
		);
	return rate;
}

function positive(values: JsonObject, name: string, otherwise: number): number {
	const number = integer(values, name, otherwise);
	if (number > 0) return number;
	throw illegal(`Parameter [${name}] must be positive.`);
}

function integer(values: JsonObject, name: string, otherwise: number): number {
	if (!Object.hasOwn(values, name)) return otherwise;
	const number = javaInteger(values[name]);
	if (number !== undefined) return number;
	throw wrongType(name, "Integer");
}

function text(values: JsonObject, name: string, otherwise: string): string {
	const value = Object.hasOwn(values, name) ? values[name] : otherwise;
	if (typeof value !== "string") throw wrongType(name, "String");
	if (value === "") throw illegal(`Parameter [${name}] should not be empty.`);
	return value;
}

function wrongType(name: string, type: string): InvalidDefinition {
	return illegal(`Parameter [${name}] must be of java.lang.${type} type`);
}
