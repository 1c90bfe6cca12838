import { InvalidDefinition } from "../invalid-definition.ts";
import { isObject } from "../json.ts";

/** From where a processor takes texts to where it puts vectors: names, dotted or nested. */
export interface FieldMap {
	readonly [source: string]: string | FieldMap;
}

/** A `text_embedding` processor's own options. */
export interface TextEmbedding {
	readonly kind: "text_embedding";
	readonly modelId: string;
	readonly fieldMap: FieldMap;
	/** Vectors of texts that the stored document has too are taken from there. */
	readonly skipExisting: boolean;
}

/** Options that OpenSearch gives to every processor. */
const commonOptions = [
	"tag",
	"description",
	"if",
	"ignore_failure",
	"on_failure",
];
const ownOptions = ["model_id", "field_map", "batch_size", "skip_existing"];

/**
 * The options of a `text_embedding` processor, checked as neural-search checks them when a pipeline is
 * stored. The model need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseTextEmbedding(options: unknown): TextEmbedding {
	if (!isObject(options))
		throw new InvalidDefinition(
			"parse_exception",
			`property isn't a map, but of type [${typeof options}]`,
		);
	const unknown = Object.keys(options).filter(
		(name) => !commonOptions.includes(name) && !ownOptions.includes(name),
	);
	if (unknown.length > 0)
		throw new InvalidDefinition(
			"parse_exception",
			`processor [text_embedding] doesn't support one or more provided configuration parameters [${unknown.join(", ")}]`,
		);
	checkBatchSize(options.batch_size);
	return {
		kind: "text_embedding",
		modelId: parseModelId(options.model_id),
		fieldMap: parseFieldMap(options.field_map),
		skipExisting: options.skip_existing === true,
	};
}

function parseModelId(value: unknown): string {
	if (value === undefined) throw missing("model_id");
	if (typeof value !== "string")
		throw new InvalidDefinition(
			"parse_exception",
			`[model_id] property isn't a string, but of type [${typeof value}]`,
		);
	if (value.trim() === "")
		throw new InvalidDefinition(
			"illegal_argument_exception",
			"model_id is null or empty, cannot process it",
		);
	return value;
}

function parseFieldMap(value: unknown): FieldMap {
	if (value === undefined) throw missing("field_map");
	if (!isFieldMap(value) || Object.keys(value).length === 0)
		throw new InvalidDefinition(
			"illegal_argument_exception",
			"Unable to create the processor as field_map has invalid key or value",
		);
	return value;
}

function isFieldMap(value: unknown): value is FieldMap {
	return (
		isObject(value) &&
		Object.entries(value).every(
			([source, target]) =>
				source.trim() !== "" &&
				(typeof target === "string"
					? target.trim() !== ""
					: isFieldMap(target)),
		)
	);
}

function checkBatchSize(value: unknown): void {
	if (value === undefined) return;
	const size = typeof value === "string" ? Number(value) : value;
	if (typeof size !== "number" || !Number.isInteger(size) || size < 1)
		throw new InvalidDefinition(
			"parse_exception",
			"[batch_size] batch_size must be a positive integer",
		);
}

function missing(property: string): InvalidDefinition {
	return new InvalidDefinition(
		"parse_exception",
		`[${property}] required property is missing`,
	);
}
