import { type Static, Type } from "typebox";
import { ModelConfigRequest, RegisterMetaRequest } from "./model.ts";

/**
 * Body of `POST /_plugins/_ml/models/_register`: with a `url` the model comes from there, without one it is one of the
 * pretrained models by `name` and `version`. Which fields must be there is told in ml-commons' words.
 */
export const RegisterRequest = Type.Object({
	...RegisterMetaRequest.properties,
	url: Type.Optional(Type.String()),
});

export type RegisterRequest = Static<typeof RegisterRequest>;

/** What comes in: a body may be missing. */
export const RegisterBody = Type.Union([RegisterRequest, Type.Null()]);

/** What is used of the `config.json` that stands beside a pretrained model's archive. */
export const PretrainedConfig = Type.Object({
	description: Type.Optional(Type.String()),
	function_name: Type.Optional(Type.String()),
	/** An older name of `function_name`. */
	model_task_type: Type.Optional(Type.String()),
	model_content_hash_value: Type.String(),
	model_config: Type.Optional(ModelConfigRequest),
});

export type PretrainedConfig = Static<typeof PretrainedConfig>;
