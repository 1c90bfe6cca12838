import type { FieldMap } from "./processors/field-map-definition.ts";
import type { Step } from "./step.ts";

/** A field that a pipeline puts vectors, or weights of tokens, into. */
export interface EmbeddedField {
	readonly field: string;
	readonly modelId: string;
	readonly kind: "text_embedding" | "sparse_encoding";
}

/** What a list of texts becomes is a list of objects. */
const inList = {
	text_embedding: "knn",
	sparse_encoding: "sparse_encoding",
} as const;

/** The fields that steps put vectors, or weights of tokens, into: of a text, and of a list of texts. */
export function embeddedFields(steps: readonly Step[]): EmbeddedField[] {
	return steps.flatMap(({ processor }) => {
		if (
			processor.kind !== "text_embedding" &&
			processor.kind !== "sparse_encoding"
		)
			return [];
		const { kind, modelId, fieldMap } = processor;
		return targetsOf(fieldMap, []).flatMap((target) => [
			{ field: target, modelId, kind },
			{ field: `${target}.${inList[kind]}`, modelId, kind },
		]);
	});
}

/** A target stands beside its source. */
function targetsOf(fieldMap: FieldMap, before: readonly string[]): string[] {
	return Object.entries(fieldMap).flatMap(([source, target]) => {
		const path = [...before, ...source.split(".")];
		return typeof target === "string"
			? [[...path.slice(0, -1), target].join(".")]
			: targetsOf(target, path);
	});
}
