import { illegal } from "../../../ingest/invalid-definition.ts";
import type { JsonObject } from "../../../ingest/json.ts";
import { DefinitionOptions } from "../../../ingest/processors/definition-options.ts";
import { inHashOrder } from "./hash-order.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import type {
	Rerank,
	RerankByField,
	RerankByModel,
} from "./search-pipeline.ts";

const types = ["ml_opensearch", "by_field"] as const;

/** The cluster's setting for {@link RerankLimits}. */
const limitSetting = "plugins.neural_search.reranker_max_document_fields";

export interface RerankLimits {
	/** Fields of a document that a model is shown at most. */
	documentFields: number;
}

/**
 * The options of a `rerank` processor. The model need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseRerank(values: unknown, limits: RerankLimits): Rerank {
	const definition = new ProcessorDefinition("rerank", values);
	const { options, rules } = definition;
	const named = types.filter((type) => options.has(type));
	const [type] = named;
	if (type === undefined)
		throw illegal(
			`No rerank type found. Possible rerank types are: [${types.join(", ")}]`,
		);
	if (named.length > 1)
		throw illegal(
			`Multiple rerank types found: [${named.toReversed().join(", ")}]. Only one is permitted.`,
		);
	const by =
		type === "by_field" ? readByField(options) : readByModel(options, limits);
	definition.refuseOthers(type === "by_field" ? [type] : [type, "context"]);
	return { kind: "rerank", by, ...rules };
}

function readByField(options: DefinitionOptions): RerankByField {
	const own = new DefinitionOptions("rerank", options.map("by_field"));
	return {
		type: "by_field",
		targetField: own.string("target_field"),
		removeTargetField: own.boolean("remove_target_field", false),
		keepPreviousScore: own.boolean("keep_previous_score", false),
	};
}

function readByModel(
	options: DefinitionOptions,
	limits: RerankLimits,
): RerankByModel {
	const documentFields = readContext(options.map("context"), limits);
	const own = new DefinitionOptions("rerank", options.map("ml_opensearch"));
	return {
		type: "ml_opensearch",
		modelId: own.string("model_id"),
		documentFields,
	};
}

function readContext(
	context: JsonObject,
	limits: RerankLimits,
): readonly string[] | undefined {
	const unknown = inHashOrder(Object.keys(context)).find(
		(name) => name !== "document_fields",
	);
	if (unknown !== undefined)
		throw illegal(`unrecognized context field: ${unknown}`);
	if (!Object.hasOwn(context, "document_fields")) return undefined;
	const fields = context.document_fields;
	if (!Array.isArray(fields) || !fields.every((one) => typeof one === "string"))
		throw illegal("document_fields must be a list of field names");
	if (fields.length === 0) throw illegal("document_fields must be nonempty");
	if (fields.length > limits.documentFields)
		throw illegal(
			`document_fields must not contain more than ${limits.documentFields} fields. Configure by setting ${limitSetting}`,
		);
	return fields;
}
