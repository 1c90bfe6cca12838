import type { Node } from "jsonc-parser";
import { InvalidDefinition } from "../../../ingest/invalid-definition.ts";
import type { JsonObject } from "../../../ingest/json.ts";
import type { SemanticRecord } from "../../../ingest/semantic/semantic-field.ts";
import {
	infoMapping,
	type SemanticModel,
} from "../../../ingest/semantic/semantic-info.ts";
import {
	checkOptions,
	namingProblems,
} from "../../../ingest/semantic/semantic-options.ts";
import {
	type WrittenField,
	writtenFields,
} from "../../../ingest/semantic/written-mapping.ts";
import { type ErrorCode, SidecarError } from "../../errors.ts";
import type { ModelStore } from "../../store/models.ts";

/** The `semantic` fields that a client has written, with what is made of them. */
export interface ReadFields {
	readonly fields: readonly WrittenField[];
	/** What is kept of each, by its full name. */
	readonly records: ReadonlyMap<string, SemanticRecord>;
	/** The mapping of what stands beside each. */
	readonly infos: ReadonlyMap<string, JsonObject>;
}

export interface ReadingOptions {
	models: ModelStore;
	/** Whether an index is made of the mapping: OpenSearch then says that it was reading one. */
	creates: boolean;
}

/**
 * Reads the `semantic` fields of a mapping.
 *
 * @throws SidecarError bad_request or bad_mapping, in neural-search's words
 */
export async function readFields(
	text: string,
	mapping: Node | undefined,
	{ models, creates }: ReadingOptions,
): Promise<ReadFields> {
	const fields = writtenFields(text, mapping);
	const problems = fields.flatMap(({ path, options }) =>
		namingProblems(path, options),
	);
	if (problems.length > 0)
		throw new SidecarError("bad_request", problems.join("; "));
	const found = new Map<string, SemanticModel>();
	for (const { options } of fields) {
		const id = String(options.model_id);
		if (!found.has(id)) found.set(id, await findModel(models, id));
	}
	const records = new Map<string, SemanticRecord>();
	const infos = new Map<string, JsonObject>();
	for (const { path, name, options } of fields) {
		const model = found.get(String(options.model_id));
		if (!model) continue;
		const info = valid(() => infoMapping(path, options, model), {
			prefix: `Failed to transform the mapping for the semantic field at ${path} due to `,
		});
		infos.set(path, info);
		const parsing = creates
			? ({
					prefix: "Failed to parse mapping [_doc]: ",
					code: "bad_mapping",
				} as const)
			: { prefix: "" };
		valid(() => checkOptions(name, options), parsing);
		const { id, name: modelName, type } = model;
		records.set(path, { options, model: { id, name: modelName, type } });
	}
	return { fields, records, infos };
}

async function findModel(
	models: ModelStore,
	id: string,
): Promise<SemanticModel> {
	const model = await models.get(id);
	if (!model)
		throw new SidecarError(
			"bad_request",
			`Failed to fetch model [${id}]: Failed to find model with the provided model id: ${id}`,
		);
	return {
		id,
		name: model.name,
		type: model.algorithm,
		dimension: model.model_config?.embedding_dimension,
		spaceType: model.model_config?.additional_config?.space_type,
	};
}

/** How a client is told what is not valid. */
interface Telling {
	/** Stands before what is wrong, which then is the error's cause; empty where the reason is told alone. */
	prefix: string;
	code?: ErrorCode;
}

/** @throws SidecarError for what is not valid */
function valid<T>(read: () => T, { prefix, code }: Telling): T {
	try {
		return read();
	} catch (cause) {
		if (!(cause instanceof InvalidDefinition)) throw cause;
		const { type, message: reason } = cause;
		const own = type === "mapper_parsing_exception" ? "bad_mapping" : undefined;
		throw new SidecarError(code ?? own ?? "bad_request", prefix + reason, {
			cause,
			...(prefix !== "" && { causedBy: { type, reason } }),
		});
	}
}
