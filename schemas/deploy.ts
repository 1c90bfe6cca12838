import { type Static, Type } from "typebox";

/** Body of `_deploy`: on which nodes; everywhere without it. */
export const DeployRequest = Type.Union([
	Type.Object({ node_ids: Type.Optional(Type.Array(Type.String())) }),
	Type.Null(),
]);

export type DeployRequest = Static<typeof DeployRequest>;
