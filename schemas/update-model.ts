import { type Static, Type } from "typebox";
import { ModelConfigRequest } from "./model.ts";

/** Body of `PUT /_plugins/_ml/models/{model_id}`: what is not in it stays as it is. */
export const UpdateModelRequest = Type.Object({
	name: Type.Optional(Type.String({ minLength: 1 })),
	description: Type.Optional(Type.String()),
	model_group_id: Type.Optional(Type.String()),
	is_enabled: Type.Optional(Type.Boolean()),
	rate_limiter: Type.Optional(Type.Unknown()),
	model_config: Type.Optional(ModelConfigRequest),
	deploy_setting: Type.Optional(
		Type.Object({
			is_auto_deploy_enabled: Type.Optional(Type.Boolean()),
			model_ttl_minutes: Type.Optional(Type.Integer({ minimum: -1 })),
		}),
	),
	interface: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	/** What only models have that the sidecar does not run: there to be refused. */
	connector_id: Type.Optional(Type.Unknown()),
	connector: Type.Optional(Type.Unknown()),
	guardrails: Type.Optional(Type.Unknown()),
});

export type UpdateModelRequest = Static<typeof UpdateModelRequest>;

/** What comes in: a body may be missing. */
export const UpdateModelBody = Type.Union([UpdateModelRequest, Type.Null()]);
