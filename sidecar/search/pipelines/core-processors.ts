import { InvalidDefinition } from "../../../ingest/invalid-definition.ts";
import { splitPattern } from "../answers/split-pattern.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import type { CoreResponseProcessor } from "./search-pipeline.ts";

type Parser = (values: unknown) => CoreResponseProcessor;

/** OpenSearch's own response processors that the sidecar can run, checked as OpenSearch checks them. */
const parsers: Readonly<Record<CoreResponseProcessor["kind"], Parser>> = {
	truncate_hits(values) {
		const definition = new ProcessorDefinition("truncate_hits", values);
		const { options, rules } = definition;
		const targetSize = definition.says("target_size")
			? options.integer("target_size", 0)
			: undefined;
		if (targetSize !== undefined && targetSize < 0)
			throw refused("[target_size] Value must be >= 0");
		// OpenSearch takes an empty prefix for none.
		const contextPrefix = options.optionalString("context_prefix") || undefined;
		definition.refuseOthers(["target_size", "context_prefix"]);
		return { kind: "truncate_hits", targetSize, contextPrefix, ...rules };
	},

	rename_field(values) {
		const definition = new ProcessorDefinition("rename_field", values);
		const { options, rules } = definition;
		const field = options.string("field");
		const targetField = options.string("target_field");
		const ignoreMissing = options.boolean("ignore_missing", false);
		definition.refuseOthers(["field", "target_field", "ignore_missing"]);
		return {
			kind: "rename_field",
			field,
			targetField,
			ignoreMissing,
			...rules,
		};
	},

	sort(values) {
		const definition = new ProcessorDefinition("sort", values);
		const { options, rules } = definition;
		const field = options.string("field");
		const targetField = options.optionalString("target_field") ?? field;
		const order = options.optionalString("order") ?? "asc";
		if (order !== "asc" && order !== "desc")
			throw refused(
				`[order] Sort direction [${order}] not recognized. Valid values are: [asc, desc]`,
			);
		definition.refuseOthers(["field", "target_field", "order"]);
		return { kind: "sort", field, order, targetField, ...rules };
	},

	split(values) {
		const definition = new ProcessorDefinition("split", values);
		const { options, rules } = definition;
		const field = options.string("field");
		const separator = options.string("separator");
		// Refuses what is not to be run.
		splitPattern(separator);
		const preserveTrailing = options.boolean("preserve_trailing", false);
		const targetField = options.optionalString("target_field") ?? field;
		definition.refuseOthers([
			"field",
			"separator",
			"preserve_trailing",
			"target_field",
		]);
		const own = { field, separator, preserveTrailing, targetField };
		return { kind: "split", ...own, ...rules };
	},

	collapse(values) {
		const definition = new ProcessorDefinition("collapse", values);
		const { options, rules } = definition;
		const field = options.string("field");
		definition.refuseOthers(["field"]);
		return { kind: "collapse", field, ...rules };
	},
};

/** Their names. */
export const coreProcessorNames: readonly string[] = Object.keys(parsers);

/** Whether the sidecar can run the core's response processors of a name. */
export function isCoreProcessor(
	name: string,
): name is CoreResponseProcessor["kind"] {
	return Object.hasOwn(parsers, name);
}

/** @throws InvalidDefinition, and SidecarError for a `split` by an expression that is not to be run */
export function parseCoreProcessor(
	name: CoreResponseProcessor["kind"],
	values: unknown,
): CoreResponseProcessor {
	return parsers[name](values);
}

function refused(reason: string): InvalidDefinition {
	return new InvalidDefinition("parse_exception", reason);
}
