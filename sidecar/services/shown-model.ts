import type { ModelConfig, StoredModel } from "../../schemas/model.ts";

/** A model as the API shows it: its document without what only the sidecar needs. */
export type ShownModel = Omit<StoredModel, "sidecar" | "model_id"> & {
	/** Only ml-commons has models that are hidden from others. */
	is_hidden: false;
};

/** The order in which ml-commons writes a model's fields; whatever else there is comes after these. */
const order = [
	"name",
	"model_group_id",
	"algorithm",
	"model_version",
	"description",
	"model_format",
	"model_state",
	"model_content_size_in_bytes",
	"model_content_hash_value",
	"model_config",
	"deploy_setting",
	"is_enabled",
	"is_controller_enabled",
	"rate_limiter",
	"created_time",
	"last_updated_time",
	"last_registered_time",
	"last_deployed_time",
	"last_undeployed_time",
	"total_chunks",
	"planning_worker_node_count",
	"current_worker_node_count",
	"planning_worker_nodes",
	"deploy_to_all_nodes",
	"is_hidden",
	"interface",
] as const satisfies readonly (keyof ShownModel)[];

const configOrder = [
	"model_type",
	"embedding_dimension",
	"framework_type",
	"all_config",
	"additional_config",
	"pooling_mode",
	"normalize_result",
] as const satisfies readonly (keyof ModelConfig)[];

export function shownModel(model: StoredModel): ShownModel {
	const { sidecar: _internals, model_id: _id, ...fields } = model;
	const { model_config } = fields;
	return inOrder(
		{
			...fields,
			...(model_config && { model_config: inOrder(model_config, configOrder) }),
			is_hidden: false,
		},
		order,
	);
}

/** The same fields with the same values, these first. */
function inOrder<T extends object>(value: T, names: readonly (keyof T)[]): T {
	const first = names
		.filter((name) => name in value)
		.map((name) => [name, value[name]]);
	return Object.assign(Object.fromEntries(first), value);
}
