import { type Static, Type } from "typebox";

/** What one sidecar asks another to forget: a model's results, all of them without one. */
export const ClearResults = Type.Object({
	model_id: Type.Optional(Type.String()),
});

export type ClearResults = Static<typeof ClearResults>;

/** How many it has forgotten. */
export const ClearedResults = Type.Object({ entries: Type.Integer() });

export type ClearedResults = Static<typeof ClearedResults>;
