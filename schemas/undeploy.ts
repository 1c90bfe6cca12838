import { type Static, Type } from "typebox";

/** Body of `_undeploy`; ids in it stand before the path's. */
export const UndeployRequest = Type.Union([
	Type.Object({
		model_ids: Type.Optional(Type.Array(Type.String())),
		node_ids: Type.Optional(Type.Array(Type.String())),
	}),
	Type.Null(),
]);

export type UndeployRequest = Static<typeof UndeployRequest>;
