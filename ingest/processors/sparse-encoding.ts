import { InvalidDefinition } from "../invalid-definition.ts";
import { DefinitionOptions } from "./definition-options.ts";
import { type FieldMap, parseFieldMap } from "./field-map-definition.ts";
import { checkBatchSize, parseModelId } from "./model-options.ts";
import type { Prune, PruneType } from "./prune.ts";

/** A `sparse_encoding` processor's own options. */
export interface SparseEncoding {
	readonly kind: "sparse_encoding";
	readonly modelId: string;
	readonly fieldMap: FieldMap;
	/** Vectors of texts that the stored document has too are taken from there. */
	readonly skipExisting: boolean;
	readonly prune: Prune;
}

const pruneTypes: readonly PruneType[] = [
	"none",
	"top_k",
	"alpha_mass",
	"max_ratio",
	"abs_value",
];

/**
 * The options of a `sparse_encoding` processor, checked as neural-search checks them when a pipeline is stored. The
 * model need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseSparseEncoding(values: unknown): SparseEncoding {
	const options = new DefinitionOptions("sparse_encoding", values);
	checkBatchSize(options);
	const modelId = options.string("model_id");
	const fieldMap = options.map("field_map");
	const skipExisting = options.boolean("skip_existing", false);
	const prune = parsePrune(options);
	const processor: SparseEncoding = {
		kind: "sparse_encoding",
		modelId: parseModelId(modelId),
		fieldMap: parseFieldMap(fieldMap, { dotted: true }),
		skipExisting,
		prune,
	};
	options.refuseOthers();
	return processor;
}

function parsePrune(options: DefinitionOptions): Prune {
	const type = pruneType(options.optionalString("prune_type"));
	if (type === "none") {
		if (options.has("prune_ratio"))
			throw invalid(
				"prune_ratio field is not supported when prune_type is not provided",
			);
		return { type, ratio: 0 };
	}
	const ratio = Math.fround(options.double("prune_ratio"));
	const problem = problemOf(type, ratio);
	if (problem !== undefined)
		throw invalid(
			`Illegal prune_ratio ${ratio.toFixed(6)} for prune_type: ${type}. ${problem}`,
		);
	return { type, ratio };
}

function pruneType(name: string | undefined): PruneType {
	if (name === undefined || name === "") return "none";
	const type = pruneTypes.find((known) => known === name);
	if (type === undefined) throw invalid(`Unknown prune type: ${name}`);
	return type;
}

function problemOf(
	type: Exclude<PruneType, "none">,
	ratio: number,
): string | undefined {
	switch (type) {
		case "top_k":
			return ratio > 0 && Number.isInteger(ratio)
				? undefined
				: "prune_ratio should be positive integer.";
		case "alpha_mass":
		case "max_ratio":
			return ratio >= 0 && ratio < 1
				? undefined
				: "prune_ratio should be in the range [0, 1).";
		case "abs_value":
			return ratio >= 0 ? undefined : "prune_ratio should be non-negative.";
	}
}

function invalid(reason: string): InvalidDefinition {
	return new InvalidDefinition("illegal_argument_exception", reason);
}
